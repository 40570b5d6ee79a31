"""Micro-batching: questions that arrive at about the same time are answered together, by one call on one thread."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Generic, TypeVar

Question = TypeVar("Question")
Answer = TypeVar("Answer")


class Batcher(Generic[Question, Answer]):
    """Calls `work` with up to `max_batch` questions at once. While it works, the next questions gather.

    Args:
        work: Questions -> their answers, in the same order; an exception in place of an answer is raised in the caller
            whose question it was.
        max_batch: 1: each question alone.
        max_wait: Seconds that the first question of a batch waits for others.
        observe: Called with the size of each batch.
    """

    def __init__(
        self,
        work: Callable[[Sequence[Question]], Sequence[Answer | Exception]],
        max_batch: int = 32,
        max_wait: float = 0.004,
        observe: Callable[[int], None] = lambda size: None,
    ) -> None:
        self.work, self.max_batch, self.max_wait, self.observe = work, max_batch, max_wait, observe
        self._waiting: deque[tuple[Question, asyncio.Future[Answer]]] = deque()
        self._arrived = asyncio.Event()
        self._thread = ThreadPoolExecutor(1, "search")

    async def ask(self, question: Question) -> Answer:
        """Return the answer; raise what `work` raised, or gave in its place."""
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting.append((question, future))
        self._arrived.set()
        return await future

    async def run(self) -> None:
        """Answer questions until cancelled."""
        try:
            while True:
                await self._arrived.wait()
                if self.max_batch > 1 and len(self._waiting) < self.max_batch:
                    await asyncio.sleep(self.max_wait)
                size = min(self.max_batch, len(self._waiting))
                batch = [self._waiting.popleft() for _ in range(size)]
                if not self._waiting:
                    self._arrived.clear()
                wanted = [(question, future) for question, future in batch if not future.done()]  # callers may be gone
                if wanted:
                    await self._answer(wanted)
        finally:
            self._thread.shutdown(wait=False)

    async def _answer(self, batch: Sequence[tuple[Question, asyncio.Future[Answer]]]) -> None:
        self.observe(len(batch))
        loop = asyncio.get_running_loop()
        answers: Sequence[Answer | Exception]
        try:
            answers = await loop.run_in_executor(self._thread, self.work, [question for question, _ in batch])
        except Exception as error:
            answers = [error] * len(batch)
        for (_, future), answer in zip(batch, answers, strict=True):
            if future.done():
                continue
            if isinstance(answer, Exception):
                future.set_exception(answer)
            else:
                future.set_result(answer)
