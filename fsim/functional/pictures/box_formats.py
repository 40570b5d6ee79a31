"""Convert the box formats of data sets to that of a catalog: x1 y1 x2 y2 in pixels."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal

Box = tuple[float, float, float, float]  # x1, y1, x2, y2 in pixels of the whole upright image
BoxFormat = Literal["xyxy", "xywh", "relative_xyxy", "relative_xywh"]

EDGES = {"xyxy": "x1 y1 x2 y2", "xywh": "x y width height"}
ROUNDING = 1e-3  # how far beyond 0 to 1 a share of a side may be: files have them rounded


def is_relative(box_format: BoxFormat) -> bool:
    """Whether boxes are shares of the picture's width and height, and so need its size."""
    return box_format.startswith("relative_")


def edges_of(box_format: BoxFormat) -> str:
    """Name the four numbers of a format."""
    return EDGES[box_format.removeprefix("relative_")]


def box_from(numbers: Sequence[float], box_format: BoxFormat) -> Box:
    """Convert four numbers to (x1, y1, x2, y2): in pixels, or in shares of the picture, 0 to 1, for a relative format.

    Raises:
        ValueError: they are not four finite numbers, hold nothing, are shares outside 0 to 1, or are pixels and so
            small that they must be shares.
    """
    if len(numbers) != 4 or not all(map(math.isfinite, numbers)):
        raise ValueError(f"expected four numbers, {edges_of(box_format)}")
    x1, y1, x2, y2 = map(float, numbers)
    if box_format.endswith("xywh"):
        if x2 <= 0 or y2 <= 0:
            raise ValueError("width and height must be above 0")
        x2, y2 = x1 + x2, y1 + y2
    elif x2 <= x1 or y2 <= y1:
        raise ValueError("x2 must be above x1, and y2 above y1; are these x y width height? Then box_format is xywh")
    if is_relative(box_format):
        if min(x1, y1) < -ROUNDING or max(x2, y2) > 1 + ROUNDING:
            raise ValueError("shares of a picture are 0 to 1; are these pixels? Then leave out relative_ in box_format")
    elif max(abs(edge) for edge in (x1, y1, x2, y2)) <= 1 + ROUNDING:
        raise ValueError("a box of less than a pixel; are these shares of the picture? Then box_format is relative_...")
    return x1, y1, x2, y2


def in_pixels(box: Box, width: int, height: int) -> Box:
    """Convert a box in shares of a picture of this size to pixels, and not beyond its edges."""
    x1, y1, x2, y2 = (min(max(edge, 0.0), 1.0) for edge in box)
    return x1 * width, y1 * height, x2 * width, y2 * height
