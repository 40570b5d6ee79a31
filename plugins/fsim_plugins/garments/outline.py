"""Outlines: what the shapes of garments are made of.

A garment is drawn in a frame of about 100 x 100 units, the origin in its middle, y downwards, so that one unit is
about one pixel of the picture.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

Landmark = tuple[int, int, int]  # x and y in pixels, and 0 visible, 1 occluded, 2 cut off
Place = Callable[[float, float], tuple[float, float]]  # the garment's frame -> pixels of the picture


class Point(NamedTuple):
    """A corner of an outline; where `curve` is set, the control point of a quadratic curve between its neighbours."""

    x: float
    y: float
    curve: bool = False


Outline = Sequence[Point]


def to(x: float, y: float) -> Point:
    """A corner."""
    return Point(x, y)


def via(x: float, y: float) -> Point:
    """A control point."""
    return Point(x, y, True)


def mirrored(outline: Iterable[Point]) -> list[Point]:
    """The outline on the other side of the garment's middle line."""
    return [Point(-point.x, point.y, point.curve) for point in outline]


def symmetric(right: Sequence[Point]) -> list[Point]:
    """A closed outline from its right half, which begins and ends on the middle line."""
    return [*right, *reversed(mirrored(right))]


def box(left: float, top: float, right: float, bottom: float, corner: float = 0) -> list[Point]:
    """A rectangle, its corners rounded by `corner` units."""
    if not corner:
        return [to(left, top), to(right, top), to(right, bottom), to(left, bottom)]
    return [
        *(to(left, top + corner), via(left, top), to(left + corner, top)),
        *(to(right - corner, top), via(right, top), to(right, top + corner)),
        *(to(right, bottom - corner), via(right, bottom), to(right - corner, bottom)),
        *(to(left + corner, bottom), via(left, bottom), to(left, bottom - corner)),
    ]


def ellipse(x: float, y: float, width: float, height: float) -> list[Point]:
    """An ellipse around (x, y) with these half axes, of eight curves."""
    points = []
    for step in range(16):
        angle = math.pi * step / 8
        reach = 1 / math.cos(math.pi / 8) if step % 2 else 1.0  # where the tangents of two corners meet
        points.append(Point(x + reach * width * math.cos(angle), y + reach * height * math.sin(angle), bool(step % 2)))
    return points


def star(x: float, y: float, radius: float, corners: int = 5) -> list[Point]:
    """A star that stands on two of its corners."""
    turns = ((math.pi * step / corners, radius * (0.45 if step % 2 else 1)) for step in range(2 * corners))
    return [to(x + reach * math.sin(turn), y - reach * math.cos(turn)) for turn, reach in turns]


def heart(x: float, y: float, radius: float) -> list[Point]:
    """A heart around (x, y)."""
    right = [
        *(to(0, -0.5), via(0.1, -1), to(0.5, -1), via(1, -1), to(1, -0.45)),
        *(via(0.95, 0.1), to(0, 1)),
    ]
    return [Point(x + radius * point.x, y + radius * point.y, point.curve) for point in symmetric(right)]


def placed(outline: Outline, place: Place) -> list[Point]:
    """The outline in the picture."""
    return [Point(*place(point.x, point.y), point.curve) for point in outline]


def path_data(outline: Outline, closed: bool = True) -> str:
    """The `d` attribute of an SVG path."""
    parts, command = [], "M"
    for x, y, curve in outline:
        if curve:
            parts.append(f"Q{x:.2f} {y:.2f}")
            command = " "
        else:
            parts.append(f"{command}{x:.2f} {y:.2f}")
            command = "L"
    if closed:
        if outline[-1].curve:
            parts.append(f" {outline[0].x:.2f} {outline[0].y:.2f}")
        parts.append("Z")
    return "".join(parts)


def polyline(outline: Outline) -> list[tuple[float, float]]:
    """The outline with each curve in four straight pieces."""
    corners: list[tuple[float, float]] = []
    for number, (x, y, curve) in enumerate(outline):
        if not curve:
            corners.append((x, y))
            continue
        from_x, from_y = corners[-1]
        to_x, to_y, _ = outline[(number + 1) % len(outline)]
        for share, keep, bend in ((0.25, 0.5625, 0.375), (0.5, 0.25, 0.5), (0.75, 0.0625, 0.375)):
            end = share * share
            corners.append((keep * from_x + bend * x + end * to_x, keep * from_y + bend * y + end * to_y))
    return corners
