"""Sneakers and high-tops, seen from the side, the toe on the right."""

from __future__ import annotations

from fsim_plugins.garments.outline import Outline, to, via
from fsim_plugins.garments.palette import drawn_on, mixed
from fsim_plugins.garments.shapes.shoe_parts import RUBBER, laces, shoe_details, sole_colour
from fsim_plugins.garments.sketch import INK, Sketch


def draw_sneaker(sketch: Sketch, ankle: float) -> None:
    """Sneakers and high-tops; `ankle` is the height of the opening."""
    item, low = sketch.item, 14.0
    thick = item.measure("sole", 6, 9.5)
    toe = item.measure("toe", 43, 47)
    upper: Outline = [
        *(to(-39, low), via(-44, ankle + 12), to(-40, ankle), via(-30, ankle + 5), to(-15, ankle - 1)),
        *(
            via(-6, ankle + 2 + (low - ankle) * 0.35),
            to(12, low - 13),
            via(34, low - 15),
            to(toe - 2, low - 1),
            to(toe - 3, low + 3),
            to(-39, low + 3),
        ),
    ]
    opening = [to(-40, ankle), via(-29, ankle - 5), to(-15, ankle - 1), via(-28, ankle + 6)]
    sketch.trim(opening, mixed(item.second, INK, 0.45))
    sketch.cloth(upper)
    heel = [
        to(-39, low),
        via(-43, ankle + 12),
        to(-40, ankle + 1),
        to(-33, ankle + 3),
        via(-33, low - 12),
        to(-27, low + 2),
    ]
    sketch.trim(heel)
    cap = [
        to(toe - 2, low + 2),
        via(toe - 2, low - 11),
        to(24, low - 14.5),
        via(23, low - 5),
        to(27, low + 2),
    ]
    sketch.trim(cap, RUBBER if item.measure("cap", 0, 1) < 0.5 else item.trim)
    tongue = [to(-16, ankle), to(-12, ankle - 6), to(-4, ankle - 3), to(2, low - 16)]
    sketch.trim(tongue, item.trim)
    rows = round(item.measure("rows", 3.6, 5.4)) + (2 if ankle < -15 else 0)
    laces(
        sketch,
        (13, low - 11.5),
        (-11, ankle + 4),
        rows,
        item.second if item.measure("laces", 0, 1) < 0.5 else RUBBER,
    )
    shoe_details(sketch, -11, low - 7)
    sole = [
        to(-41, low),
        to(toe - 1, low),
        via(toe + 2, low + thick * 0.7),
        to(toe - 5, low + thick),
        to(-40, low + thick),
        via(-44, low + thick * 0.5),
    ]
    sketch.trim(sole, sole_colour(sketch))
    sketch.seam(
        [to(-41, low + thick * 0.45), to(toe - 1, low + thick * 0.45)],
        colour=drawn_on(sole_colour(sketch), 0.4),
    )
