"""Trousers, jeans and shorts."""

from __future__ import annotations

from fsim_plugins.garments.outline import box, to, via
from fsim_plugins.garments.palette import RGB, STEEL, mixed
from fsim_plugins.garments.shapes.bodice import SIDES, on_side
from fsim_plugins.garments.shapes.leg_details import leg_details
from fsim_plugins.garments.shapes.legs import draw_legs, front_pockets, leg_line, make_legs
from fsim_plugins.garments.sketch import Sketch

STITCH: RGB = (226, 176, 98)
SHAPES = {"skinny": (6.2, 4.2), "straight": (7.6, 6.6), "wide": (10.0, 11.0), "flared": (6.8, 11.0)}
LENGTHS = {"cropped": (27.0, 34.0), "full-length": (42.0, 47.0)}


def draw_trousers(sketch: Sketch) -> None:
    item = sketch.item
    legs = make_legs(sketch, *LENGTHS[item.attributes["length"]], *SHAPES[item.attributes["fit"]])
    draw_legs(sketch, legs, item.trim if item.is_("trim", "contrasting") else None)
    front_pockets(sketch, legs)
    if item.measure("pleats", 0, 1) < 0.4:
        for side in SIDES:
            sketch.seam(on_side([to(7, legs.top + 5), to(7.6, legs.top + 14)], side), strength=0.5)
    leg_details(sketch, legs, item.second if item.is_("trim", "contrasting") else None)
    sketch.button(0, legs.top + 2.9, 1.1)


def draw_jeans(sketch: Sketch) -> None:
    item = sketch.item
    legs = make_legs(sketch, *LENGTHS[item.attributes["length"]], *SHAPES[item.attributes["fit"]])
    draw_legs(sketch, legs)
    front_pockets(sketch, legs, STITCH)
    for side in SIDES:
        sketch.seam(leg_line(legs, side, 0.86), colour=STITCH, dash="1.6 1")
        for x in (5.5, 11.5):
            sketch.trim(on_side(box(x - 0.6, legs.top - 0.4, x + 0.6, legs.top + 5.4), side), edge=0.4)
    sketch.seam([to(3.4, legs.top + 5), via(3.8, legs.crotch - 8), to(0.3, legs.crotch - 4)], colour=STITCH)
    fade = mixed(item.colour, (255, 255, 255), item.measure("fade", 0.05, 0.35))
    for side in SIDES:
        knee_y = legs.crotch + 10
        line = on_side([to(legs.middle(side, 0.2), legs.crotch - 4), to(legs.middle(side, 0.4), knee_y + 6)], side)
        sketch.seam(line, colour=fade, width=legs.knee * 0.7)
    leg_details(sketch, legs, mixed(item.colour, (255, 255, 255), 0.5))
    sketch.button(0, legs.top + 2.9, 1.2, STEEL)


def draw_shorts(sketch: Sketch) -> None:
    item = sketch.item
    end = {"slim": 8.6, "regular": 10.0, "loose": 12.0}[item.attributes["fit"]]
    low, high = (4.0, 9.0) if item.is_("length", "short") else (15.0, 21.0)
    legs = make_legs(sketch, low, high, end, end)
    draw_legs(sketch, legs, item.trim if item.is_("trim", "contrasting") else None)
    front_pockets(sketch, legs)
    leg_details(sketch, legs, item.second if item.is_("trim", "contrasting") else None)
    if not item.is_("detail", "drawstring"):
        sketch.button(0, legs.top + 2.9, 1.1)
