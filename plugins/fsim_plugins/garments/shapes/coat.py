"""Coats."""

from __future__ import annotations

from fsim_plugins.garments.outline import box, to, via
from fsim_plugins.garments.palette import STEEL
from fsim_plugins.garments.shapes.bodice import SIDES, Body, on_side, torso
from fsim_plugins.garments.shapes.hood import hood_back, hood_front
from fsim_plugins.garments.shapes.outerwear import (
    belt,
    flap_pockets,
    front_edge,
    lapels,
    outer_body,
    outer_sleeves,
    slant_pockets,
)
from fsim_plugins.garments.shapes.tops import pocket
from fsim_plugins.garments.sketch import Sketch


def draw_coat(sketch: Sketch) -> None:
    item, style = sketch.item, sketch.item.attributes["style"]
    bottom = item.measure("bottom", 36, 40) if item.is_("length", "knee-length") else item.measure("bottom", 44, 48)
    depth = {"trench coat": 17, "overcoat": item.measure("lapel depth", 20, 27)}.get(style, 6)
    body = outer_body(sketch, bottom, depth, flare=item.measure("flare", 0, 5), top=-42)
    outer_sleeves(sketch, body, 4 if style == "trench coat" else 0, length=48)
    if style in ("duffle coat", "raincoat"):
        hood_back(sketch, body)
    torso(sketch, body)
    for side, name in zip(SIDES, ("left", "right"), strict=True):
        sketch.mark(f"{name} waistline", side * body.waist, -3)
    low = body.top + depth
    front_edge(sketch, low, body.bottom)
    {"trench coat": _trench, "duffle coat": _duffle, "overcoat": _overcoat, "raincoat": _rain}[style](sketch, body, low)
    if item.is_("detail", "belt"):
        belt(sketch, body.waist + 0.5, item.measure("belt height", -6, 0))


def _trench(sketch: Sketch, body: Body, low: float) -> None:
    for step in range(4):
        for x in (-5.5, 5.5):
            sketch.button(x, low + 4 + 9 * step, 1.4)
    for side in SIDES:  # the storm flap and the shoulder straps
        sketch.seam(
            on_side([to(2, low + 1), via(12, low + 4), to(body.chest - 1, body.armpit - 2)], side),
            strength=0.5,
        )
        sketch.cloth(
            on_side(
                [
                    to(12, body.top + 1.5),
                    to(body.shoulder, body.top + 4.6),
                    to(body.shoulder, body.top + 7.6),
                    to(12, body.top + 4.5),
                ],
                side,
            ),
            tone=0.1,
        )
    slant_pockets(sketch, 8)
    lapels(sketch, body, 14)


def _duffle(sketch: Sketch, body: Body, low: float) -> None:
    for step in range(4):
        y = low + 8 + 10.5 * step
        sketch.band([to(-7, y), to(7, y)], 1.1, sketch.item.second)
        sketch.trim(box(-2.6, y - 1.3, 2.6, y + 1.3, 1), (142, 98, 58))
    for side in SIDES:
        pocket(sketch, side * 11.5, 12, 5.2)
    hood_front(sketch, body, strings=False)


def _overcoat(sketch: Sketch, body: Body, low: float) -> None:
    for step in range(3):
        sketch.button(-1.2, low + 4 + 9.5 * step, 1.6)
    flap_pockets(sketch, 8)
    lapels(sketch, body, sketch.item.measure("lapel", 12, 16))


def _rain(sketch: Sketch, body: Body, low: float) -> None:
    for step in range(6):
        sketch.button(-1.6, low + 8 + 9 * step, 1.1, STEEL)
    flap_pockets(sketch, 8)
    sketch.seam([to(-body.chest, body.armpit - 3), to(body.chest, body.armpit - 3)], strength=0.5)
    hood_front(sketch, body)
