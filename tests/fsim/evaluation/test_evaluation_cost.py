from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pytest

from fsim.evaluation.evaluation_cost import cost_text, say_cost
from fsim.evaluation.protocol import Protocol
from fsim.interfaces import Cost, Direction, Evaluator, RetrievalTask


class Silent(Evaluator):
    """Does not say what it costs."""

    directions: ClassVar[dict[str, Direction]] = {}

    def __call__(self, task: RetrievalTask) -> dict[str, float]:
        return {}


@dataclass
class Costly(Silent):
    """Takes a second for so many pairs, and a byte for each; None is leave-one-out."""

    pairs: int

    def cost(self, num_queries: int, num_gallery: int | None, dimensions: int) -> Cost:
        assert dimensions == 8
        images = num_queries if num_gallery is None else num_gallery
        return Cost(num_queries * images / self.pairs / (2 if num_gallery is None else 1), num_queries * images)


def said(evaluators: dict[str, Any]) -> list[str]:
    def protocol(query: str, gallery: str | None, num_gallery: int) -> Protocol:
        return Protocol(query, gallery, False, np.arange(3000), np.arange(num_gallery), False, None, {})

    lines: list[str] = []
    say_cost([protocol("val", None, 3000), protocol("val", "train", 60_000)], evaluators, 8, lines.append)
    return lines


def test_what_takes_a_second_has_a_line_each() -> None:
    assert said({"exact": Costly(10**7), "other": Silent(), "slow": Costly(10**6)}) == [
        "evaluation of val: 3,000 queries in 3,000 images by slow: about 4 seconds, 9 MB",
        "evaluation of val:train: 3,000 queries in 60,000 images by exact: about 18 seconds, 180 MB",
        "evaluation of val:train: 3,000 queries in 60,000 images by slow: about 3 minutes, 180 MB",
    ]


def test_what_takes_none_has_one_line() -> None:
    assert said({"exact": Costly(10**9), "other": Silent(), "slow": Costly(10**9)}) == [
        "evaluation by exact, slow: under a second, 180 MB"
    ]


def test_nothing_is_said_where_nobody_knows() -> None:
    assert said({"other": Silent()}) == []


@pytest.mark.parametrize(
    ("cost", "text"),
    [
        (Cost(0, 0), "under a second, 1 MB"),
        (Cost(1.2, 3_000_000), "about 1 second, 3 MB"),
        (Cost(99.4, 999_000_000), "about 99 seconds, 999 MB"),
        (Cost(99.6, 1_000_000_000), "about 2 minutes, 1.0 GB"),
        (Cost(3720, 3_900_000_000), "about 62 minutes, 3.9 GB"),
        (Cost(9000, 5), "about 2.5 hours, 1 MB"),
    ],
)
def test_text(cost: Cost, text: str) -> None:
    assert cost_text(cost) == text
