"""Jackets."""

from __future__ import annotations

from fsim_plugins.garments.outline import box, to, via
from fsim_plugins.garments.palette import RGB, STEEL
from fsim_plugins.garments.shapes.bodice import SIDES, Body, neck_band, on_side, torso
from fsim_plugins.garments.shapes.hood import hood_back
from fsim_plugins.garments.shapes.outerwear import (
    flap_pockets,
    front_edge,
    lapels,
    outer_body,
    outer_sleeves,
    slant_pockets,
)
from fsim_plugins.garments.shapes.tops import pocket, rib, zipper
from fsim_plugins.garments.sketch import Sketch


def _pockets(sketch: Sketch, body: Body) -> None:
    if sketch.item.is_("pocket", "chest pocket"):
        pocket(sketch, 10.5, body.top + 20, 4)
    elif sketch.item.is_("pocket", "side pockets"):
        slant_pockets(sketch, body.bottom - 20)


def _bomber(sketch: Sketch) -> None:
    body = outer_body(sketch, sketch.item.measure("bottom", 20, 27), 6, flare=-1.5)
    outer_sleeves(sketch, body, 5.5, sketch.item.trim)
    torso(sketch, body)
    _pockets(sketch, body)
    rib(sketch, body, 6)
    zipper(sketch, body.top + body.drop, body.bottom)
    neck_band(sketch, body, 4)


def _denim(sketch: Sketch) -> None:
    item = sketch.item
    body = outer_body(sketch, item.measure("bottom", 18, 25), 9)
    stitch: RGB = (226, 176, 98)
    outer_sleeves(sketch, body, 4.5)
    torso(sketch, body)
    line = body.top + 17
    sketch.seam([to(-body.chest, line), to(body.chest, line)], colour=stitch, dash="1.6 .8")
    for side in SIDES:
        if item.is_("pocket", "chest pocket"):
            pocket(sketch, side * 10, line + 0.5, 4.4, flap=True)
        for x in (5, 14.5):
            sketch.seam(
                on_side([to(x + 1, line + 9), to(x - 1.4, body.bottom - 5)], side),
                colour=stitch,
                dash="1.6 .8",
            )
    sketch.seam([to(-body.hem, body.bottom - 5), to(body.hem, body.bottom - 5)], colour=stitch)
    if item.is_("pocket", "side pockets"):
        slant_pockets(sketch, body.bottom - 18)
    front_edge(sketch, body.top + body.drop, body.bottom)
    for step in range(5):
        sketch.button(-0.6, body.top + body.drop + 3 + step * (body.bottom - body.top - body.drop - 6) / 4, 1, STEEL)
    lapels(sketch, body, 11, notch=False)


def _blazer(sketch: Sketch) -> None:
    item = sketch.item
    body = outer_body(sketch, item.measure("bottom", 30, 38), item.measure("lapel depth", 24, 34), flare=1)
    outer_sleeves(sketch, body, 0)
    torso(sketch, body)
    low = body.top + body.drop
    front_edge(sketch, low, body.bottom)
    if item.is_("pocket", "side pockets"):
        flap_pockets(sketch, body.bottom - 19)
    elif item.is_("pocket", "chest pocket"):
        sketch.trim(
            [
                to(7.5, body.top + 21),
                to(14, body.top + 20),
                to(14, body.top + 22.6),
                to(7.5, body.top + 23.6),
            ],
            item.second,
        )
    for step in range(1 + (item.measure("buttons", 0, 1) < 0.6)):
        sketch.button(-1, low + 3 + 8 * step, 1.5)
    lapels(sketch, body, item.measure("lapel", 11, 15))


def _puffer(sketch: Sketch) -> None:
    item = sketch.item
    body = outer_body(sketch, item.measure("bottom", 22, 32), 5)
    outer_sleeves(sketch, body, 3, length=46)
    hood = item.measure("hooded", 0, 1) < 0.5
    if hood:
        hood_back(sketch, body)
    torso(sketch, body)
    step, y = item.measure("quilting", 8, 12), body.top + 12
    while y < body.bottom - 3:
        sketch.seam([to(-body.chest + 1, y), via(0, y + 3), to(body.chest - 1, y)], strength=0.55, width=1)
        y += step
    _pockets(sketch, body)
    zipper(sketch, body.top + body.drop, body.bottom)
    if not hood:
        neck_band(sketch, body, 6)


def _biker(sketch: Sketch) -> None:
    item = sketch.item
    body = outer_body(sketch, item.measure("bottom", 16, 23), item.measure("lapel depth", 18, 24))
    outer_sleeves(sketch, body, 0)
    torso(sketch, body)
    low = body.top + body.drop
    sketch.seam([to(-1, low), to(-9, body.bottom - 1)], colour=STEEL, width=1.4)
    if item.is_("pocket", "side pockets"):
        for side in SIDES:
            sketch.seam(on_side([to(10, low + 10), to(16, low + 14)], side), colour=STEEL, width=1.2)
    sketch.trim(box(-body.hem, body.bottom - 5.4, body.hem, body.bottom - 2), sketch.item.trim, edge=0.5)
    sketch.trim(box(-4, body.bottom - 6, 1, body.bottom - 1.4), STEEL)
    lapels(sketch, body, 14.5)
    for side in SIDES:
        sketch.button(side * 11.5, body.top + body.drop * 0.4, 1, STEEL)
        sketch.button(side * 17, body.top + 7.5, 1, STEEL)
    if item.is_("pocket", "chest pocket"):
        sketch.seam([to(6, body.top + 20), to(14, body.top + 17)], colour=STEEL, width=1.3)


def draw_jacket(sketch: Sketch) -> None:
    {
        "bomber jacket": _bomber,
        "denim jacket": _denim,
        "blazer": _blazer,
        "puffer jacket": _puffer,
        "biker jacket": _biker,
    }[sketch.item.attributes["style"]](sketch)
