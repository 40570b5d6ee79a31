"""A map of images for a page, and the mark of each category on maps: nine colours times five shapes.

Shape legend: N images, T thumbnail size.
"""

from __future__ import annotations

import base64
import io
import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image

from fsim.interfaces import Vectors

Point = tuple[float, float]

# Paul Tol, "Colour schemes" (SRON/EPS/TN/09-002), scheme "muted": told apart with every kind of colour blindness.
COLOURS = ("#CC6677", "#332288", "#DDCC77", "#117733", "#88CCEE", "#882255", "#44AA99", "#999933", "#AA4499")
PALE = "#BBBBBB"
ROOMY, SMALL = 1500, 40  # of more images than that the thumbnails are made so small, in pixels: the page stays light
QUALITY = 70  # of JPEG


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


@dataclass(frozen=True)
class ImageMap:
    """The data that the page's script draws.

    points   of each image: x and y in 0..1, x to the right and y downwards, its group, and its name
    groups   of images, each with its mark
    sprite   all pictures in one JPEG, row by row, as a data URI; `columns` in a row, `size` pixels each
    """

    points: list[tuple[float, float, int, str]]
    groups: list[Mark]
    sprite: str
    columns: int
    size: int

    @property
    def content(self) -> dict[str, Any]:
        """The data for the script, as JSON."""
        return {
            "points": self.points,
            "groups": [
                {"label": group.label, "colour": group.colour, "shape": group.shape, "count": group.count}
                for group in self.groups
            ],
            "sprite": self.sprite,
            "columns": self.columns,
            "size": self.size,
        }


def image_map(
    plane: Vectors,
    names: Sequence[str],
    categories: Sequence[str],
    thumbnails: np.ndarray[tuple[int, ...], np.dtype[np.uint8]],
) -> ImageMap:
    """Build a map of points [N, 2], drawn to one scale along both axes, with the names, categories ("" where unknown)
    and thumbnails uint8 [N, T, T, 3] of their images."""
    marks = category_marks(categories)
    groups = list(dict.fromkeys(marks.values()))
    exact = plane.astype(np.float64)
    low, high = exact.min(0), exact.max(0)
    placed = (exact - (low + high) / 2) / ((high - low).max() or 1.0) * (1, -1) + 0.5
    points = [
        (round(float(x), 4), round(float(y), 4), groups.index(marks[category]), name)
        for (x, y), category, name in zip(placed, categories, names, strict=True)
    ]
    size = thumbnails.shape[1] if len(names) <= ROOMY else min(SMALL, thumbnails.shape[1])
    columns = math.ceil(len(names) ** 0.5)
    sheet = Image.new("RGB", (columns * size, math.ceil(len(names) / columns) * size))
    for place, pixels in enumerate(thumbnails):
        small = Image.fromarray(pixels)
        small = small if small.width == size else small.resize((size, size), Image.Resampling.LANCZOS)
        sheet.paste(small, (place % columns * size, place // columns * size))
    buffer = io.BytesIO()
    sheet.save(buffer, "JPEG", quality=QUALITY)
    sprite = "data:image/jpeg;base64," + base64.b64encode(buffer.getvalue()).decode()
    return ImageMap(points, groups, sprite, columns, size)
