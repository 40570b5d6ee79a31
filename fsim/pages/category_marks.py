"""A mark for each category, nine colours times five shapes, distinguishable with limited colour vision."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

Point = tuple[float, float]

# Paul Tol, "Colour schemes" (SRON/EPS/TN/09-002), scheme "muted": told apart with every kind of colour blindness.
COLOURS = ("#CC6677", "#332288", "#DDCC77", "#117733", "#88CCEE", "#882255", "#44AA99", "#999933", "#AA4499")
PALE = "#BBBBBB"


def _regular(corners: int, first: float, radius: float = 1.0) -> tuple[Point, ...]:
    """Return the corners of a regular polygon; `first` is the direction of one of them, in turns, clockwise from the
    right."""
    turns = [2 * math.pi * (first + corner / corners) for corner in range(corners)]
    return tuple((radius * math.cos(turn), radius * math.sin(turn)) for turn in turns)


# Outlines of about the same area, around (0, 0).
SHAPES: tuple[tuple[Point, ...], ...] = (
    _regular(32, 0.0),
    _regular(3, -0.25, 1.45),
    _regular(4, 0.125, 1.25),
    _regular(4, 0.0, 1.3),
    tuple(
        (1.2 * x, 1.2 * y)
        for x, y in (
            (-0.4, -1), (0.4, -1), (0.4, -0.4), (1, -0.4), (1, 0.4), (0.4, 0.4),
            (0.4, 1), (-0.4, 1), (-0.4, 0.4), (-1, 0.4), (-1, -0.4), (-0.4, -0.4),
        )
    ),
)  # fmt: skip
MOST = len(COLOURS) * len(SHAPES)


@dataclass(frozen=True)
class Mark:
    """How the images of a category are drawn: `label` and `count` are for the legend."""

    label: str
    count: int
    colour: str
    shape: tuple[Point, ...]


def category_marks(categories: Sequence[str]) -> dict[str, Mark]:
    """Return the mark of each category that stands in `categories` [N], in the order of the legend: by name.

    Of more than `MOST` categories the smallest share one pale mark, and so do images of unknown category ("").
    """
    counts = Counter(categories)
    unknown = counts.pop("", 0)
    named = sorted(sorted(counts, key=lambda name: (-counts[name], name))[:MOST])
    marks = {
        name: Mark(name, counts[name], COLOURS[place % len(COLOURS)], SHAPES[place // len(COLOURS)])
        for place, name in enumerate(named)
    }
    others = sorted(counts.keys() - set(named))
    if others:
        mark = Mark(f"{len(others)} smaller categories", sum(counts[name] for name in others), PALE, SHAPES[0])
        marks |= dict.fromkeys(others, mark)
    return marks | ({"": Mark("unknown", unknown, PALE, SHAPES[0])} if unknown else {})
