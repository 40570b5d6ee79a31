"""What the routes ask for: searches, comparisons and votes, at most so many at a time."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from datetime import datetime, timezone
from typing import TypeVar

from fsim.errors import FsimError
from fsim.serving.asked import Asked, check_wanted
from fsim.serving.batcher import Batcher
from fsim.serving.comparisons import Comparison, Comparisons, Shown
from fsim.serving.limits import Limits
from fsim.serving.live_index import LiveIndex
from fsim.serving.metrics import Metrics
from fsim.serving.questions import Found, Question, answer_all
from fsim.serving.refused import RefusedError, busy
from fsim.serving.served import Served
from fsim.serving.sources import Begun, questions_of
from fsim.serving.votes import Vote, VoteFile

Result = TypeVar("Result")
CHOICES = ("left", "right", "both", "neither")

log = logging.getLogger("fsim.serving")


class Service:
    """
    Args:
        other: The index that is compared with, and `votes` where it is written which was liked better.
    """

    def __init__(
        self, live: LiveIndex, limits: Limits, other: LiveIndex | None = None, votes: VoteFile | None = None
    ) -> None:
        self.live, self.limits, self.other, self.votes = live, limits, other, votes
        self.metrics, self.comparisons = Metrics(), Comparisons()
        self.batcher: Batcher[Question, Found] = Batcher(
            answer_all, limits.max_batch, observe=self.metrics.batch.observe
        )
        self.decoders = ThreadPoolExecutor(max(2, os.cpu_count() or 1), "decode")
        self.in_flight = 0

    @property
    def reads(self) -> bool:
        """Whether words can be searched by, also in comparisons."""
        return all(live.now.embedder.reader is not None for live in self._lives)

    @property
    def _lives(self) -> list[LiveIndex]:
        return [self.live, *([self.other] if self.other else [])]

    @asynccontextmanager
    async def working(self) -> AsyncIterator[None]:
        """Within it queries are answered, and the indexes are looked after."""
        tasks = [asyncio.create_task(one) for one in (self.batcher.run(), *(live.watch() for live in self._lives))]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            self.decoders.shutdown(wait=False, cancel_futures=True)

    async def search(self, asked: Asked) -> tuple[Served, Begun, Found]:
        """The index as it was searched, the query, and the answers.

        Raises:
            RefusedError: the query can't be answered.
        """
        with self._flight():
            served = self.live.now
            check_wanted(asked.wish.wanted, served)
            begun = await self._off_the_loop(lambda: self._begun(asked, [served]))
            return served, begun, await self.batcher.ask(*begun.questions)

    async def compare(self, asked: Asked) -> tuple[str, Begun, dict[str, Found]]:
        """The token of a comparison, the query, and the answers of each side.

        Raises:
            RefusedError: the query can't be answered, or there is nothing to compare with.
        """
        if self.other is None:
            raise RefusedError(404, "there is nothing to compare with: start the server with --ab INDEX")
        with self._flight():
            lives = [self.live, self.other]
            arms = [live.now for live in lives]
            check_wanted(asked.wish.wanted, arms[0])
            begun = await self._off_the_loop(lambda: self._begun(asked, arms))
            found = await asyncio.gather(*map(self._answer_or_none, begun.questions))
        order = (1, 0) if self.comparisons.swapped(begun.name) else (0, 1)
        answers = {"left": found[order[0]], "right": found[order[1]]}
        sides = {
            side: Shown(lives[arm].name, arms[arm], [arms[arm].index.rows[one["id"]] for one in found[arm]])
            for side, arm in zip(answers, order, strict=True)
        }
        crop = " ".join(f"{edge:g}" for edge in asked.box) if asked.box else ""
        wanted = "&".join(f"{key}={value}" for key, of in (asked.wish.wanted or {}).items() for value in of)
        comparison = Comparison(begun.name, crop, wanted, asked.wish.k, sides)
        return self.comparisons.keep(comparison), begun, answers

    async def vote(self, token: str, choice: str) -> Comparison:
        """Write what was liked better.

        Raises:
            RefusedError: it was voted on before, is over, or can't be written.
        """
        comparison = self.comparisons.get(token)
        if comparison.voted:
            raise RefusedError(409, "this comparison was voted on: search again")
        comparison.voted = True
        sides = {side: shown.name for side, shown in comparison.sides.items()}
        time = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
        of = comparison
        vote = Vote(
            time, of.query, of.crop, of.filters, of.k, sides["left"], sides["right"], choice, sides.get(choice, "")
        )
        assert self.votes is not None, "what can be compared can be voted on"
        try:
            await asyncio.to_thread(self.votes.append, vote)
        except FsimError as error:
            comparison.voted = False
            log.error("vote not written", extra={"told": {"cause": str(error)}})
            raise RefusedError(503, "the vote can't be written on the server: try again later") from None
        self.metrics.votes.inc()
        return comparison

    def _begun(self, asked: Asked, arms: Sequence[Served]) -> Begun:
        return questions_of(asked, arms, self.comparisons, self.limits)

    async def _answer_or_none(self, question: Question) -> Found:
        """An index that does not know what is wanted has none of it."""
        try:
            check_wanted(question.wish.wanted, question.served)
        except RefusedError:
            return []
        return await self.batcher.ask(question)

    async def _off_the_loop(self, work: Callable[[], Result]) -> Result:
        return await asyncio.get_running_loop().run_in_executor(self.decoders, work)

    @contextmanager
    def _flight(self) -> Iterator[None]:
        if self.in_flight >= self.limits.in_flight:
            raise busy()
        self.in_flight += 1
        self.metrics.in_flight.set(self.in_flight)
        try:
            yield
        finally:
            self.in_flight -= 1
            self.metrics.in_flight.set(self.in_flight)
