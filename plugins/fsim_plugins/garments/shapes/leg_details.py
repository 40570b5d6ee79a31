"""What is sewn to the legs of trousers."""

from __future__ import annotations

from fsim_plugins.garments.outline import box, ellipse, to, via
from fsim_plugins.garments.palette import RGB
from fsim_plugins.garments.shapes.bodice import SIDES, Side, on_side
from fsim_plugins.garments.shapes.legs import Legs, leg_line
from fsim_plugins.garments.sketch import Sketch


def _turn_up(sketch: Sketch, legs: Legs, side: Side, high: float, colour: RGB | None) -> None:
    foot, end = legs.foot(side), legs.end + 0.7
    outline = on_side(
        [
            to(foot - end, legs.bottom - high),
            to(foot + end, legs.bottom - high),
            to(foot + end, legs.bottom),
            via(foot, legs.bottom + 1.2),
            to(foot - end, legs.bottom),
        ],
        side,
    )
    if colour:
        sketch.trim(outline, colour)
    else:
        sketch.cloth(outline, tone=-0.0)


def leg_details(sketch: Sketch, legs: Legs, turn_up: RGB | None = None) -> None:
    item, detail = sketch.item, sketch.item.attributes["detail"]
    knee_y = legs.crotch + (legs.bottom - legs.crotch) * 0.42
    for side in SIDES:
        knee = legs.middle(side, 0.42)
        if detail == "side stripes":
            sketch.band(leg_line(legs, side, 0.8), item.measure("stripe", 1.4, 2.6), item.second)
        elif detail == "sharp creases":
            sketch.seam(leg_line(legs, side, 0.0), strength=0.5, width=1)
        elif detail == "turn-ups":
            _turn_up(sketch, legs, side, item.measure("turn-up", 4, 7), turn_up)
        elif detail == "cargo pockets":
            low = min(knee_y, legs.bottom - 13)
            sketch.cloth(on_side(box(knee + legs.knee * 0.15, low, knee + legs.knee + 1.6, low + 10), side), tone=0.06)
            sketch.cloth(
                on_side(box(knee + legs.knee * 0.05, low - 0.6, knee + legs.knee + 1.9, low + 2.8), side),
                tone=0.16,
            )
        elif detail == "ripped knees":
            wide = legs.knee * item.measure("rip", 0.45, 0.75)
            sketch.trim(on_side(ellipse(knee, knee_y, wide, 2.2), side), (226, 184, 160), edge=0.3)
            sketch.seam(
                on_side([to(knee - wide, knee_y), to(knee + wide, knee_y + 0.4)], side),
                colour=(240, 240, 240),
            )
        elif detail == "patches":
            height = item.measure("patch", 2, 9) * (1 if side == 1 else -1)
            sketch.trim(
                on_side(box(knee - 3.4, knee_y + height - 3.4, knee + 3.4, knee_y + height + 3.4), side),
                item.second,
            )
        elif detail == "drawstring":
            sketch.band(
                on_side([to(0.6, legs.top + 3), via(4, legs.top + 8), to(2.6, legs.top + 15)], side),
                1.1,
                item.second,
            )
        if detail != "turn-ups":
            foot = legs.foot(side)
            hem = on_side([to(foot - legs.end, legs.bottom - 2.2), to(foot + legs.end, legs.bottom - 2.4)], side)
            sketch.seam(hem, dash="1.4 .8", strength=0.4)
