"""Hoods."""

from __future__ import annotations

from fsim_plugins.garments.outline import symmetric, to, via
from fsim_plugins.garments.palette import mixed
from fsim_plugins.garments.shapes.bodice import SIDES, Body, on_side
from fsim_plugins.garments.sketch import INK, Sketch


def hood_back(sketch: Sketch, body: Body) -> None:
    """The hood behind the neck, with its lining."""
    wide, high = sketch.item.measure("hood", 13.5, 17), body.top - sketch.item.measure("hood height", 9, 13)
    half = [
        to(0, high),
        via(wide, high),
        to(wide, body.top - 2),
        via(wide + 1, body.top + 5),
        to(body.neck, body.top + 8),
        to(0, body.top + 8),
    ]
    sketch.cloth(symmetric(half), tone=0.08)
    lining = [
        to(0, high + 4.5),
        via(wide - 5.5, high + 4.5),
        to(wide - 5.5, body.top),
        via(wide - 6, body.top + 6),
        to(0, body.top + 8),
    ]
    sketch.trim(symmetric(lining), mixed(sketch.item.trim, INK, 0.4))


def hood_front(sketch: Sketch, body: Body, strings: bool = True) -> None:
    """The hood's front edges and its strings."""
    low = body.top + body.drop
    for side in SIDES:
        edge = [
            to(body.neck + 2.5, body.top - 3),
            via(body.neck + 4.5, body.top + 6),
            to(0.3, low + 4),
            to(0.3, low - 1.2),
            via(body.neck - 1, low - 3),
            to(body.neck - 0.5, body.top - 2),
        ]
        sketch.cloth(on_side(edge, side), sketch.grain(0, body.top, side * 40))
    if not strings:
        return
    length = sketch.item.measure("strings", 9, 16)
    for side in SIDES:
        sketch.band(on_side([to(3.2, low + 1), via(4.4, low + 5), to(3.6, low + length)], side), 1, sketch.item.second)
