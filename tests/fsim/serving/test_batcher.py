from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from fsim.serving.batcher import Batcher

Finished = Callable[..., Any]


async def asked(batcher: Batcher[int, int], questions: Sequence[int]) -> list[int | BaseException]:
    working = asyncio.create_task(batcher.run())
    answers = await asyncio.gather(*map(batcher.ask, questions), return_exceptions=True)
    working.cancel()
    await asyncio.gather(working, return_exceptions=True)
    return list(answers)


@pytest.mark.parametrize(("max_batch", "sizes"), [(1, [1] * 10), (4, [4, 4, 2]), (32, [10])])
def test_questions_of_the_same_time_are_answered_together(finished: Finished, max_batch: int, sizes: list[int]) -> None:
    seen: list[int] = []
    batcher: Batcher[int, int] = Batcher(lambda some: [10 * one for one in some], max_batch, observe=seen.append)
    assert finished(asked(batcher, range(10))) == [10 * one for one in range(10)]
    assert seen == sizes


def test_what_fails_is_told_to_who_asked_and_the_next_are_answered(finished: Finished) -> None:
    def work(some: Sequence[int]) -> list[int | Exception]:
        if 7 in some:
            raise RuntimeError("all of them")
        return [ValueError("this one") if one == 3 else one for one in some]

    batcher: Batcher[int, int] = Batcher(work, max_batch=2)
    answers = finished(asked(batcher, [1, 3, 6, 7, 8]))
    assert answers[0] == 1 and isinstance(answers[1], ValueError) and answers[4] == 8
    assert isinstance(answers[2], RuntimeError) and isinstance(answers[3], RuntimeError)


def test_while_it_works_the_next_gather_and_who_is_gone_is_not_answered(finished: Finished) -> None:
    began, go_on, seen = threading.Event(), threading.Event(), []

    def work(some: Sequence[int]) -> list[int]:
        seen.append(list(some))
        began.set()
        assert go_on.wait(10)
        return list(some)

    async def two_batches() -> None:
        batcher: Batcher[int, int] = Batcher(work, max_wait=0)
        working = asyncio.create_task(batcher.run())
        first = asyncio.create_task(batcher.ask(0))
        await asyncio.to_thread(began.wait, 10)
        others = [asyncio.create_task(batcher.ask(number)) for number in (1, 2, 3)]
        await asyncio.gather(asyncio.wait([others[1]], timeout=0), return_exceptions=True)
        others[1].cancel()
        await asyncio.wait([others[1]])
        go_on.set()
        assert await first == 0 and await others[0] == 1 and await others[2] == 3
        working.cancel()
        await asyncio.wait([working])

    finished(two_batches())
    assert seen == [[0], [1, 3]]
