"""Boots, pumps and loafers, seen from the side, the toe on the right."""

from __future__ import annotations

from fsim_plugins.garments.outline import box, ellipse, to, via
from fsim_plugins.garments.palette import BRASS, drawn_on, mixed
from fsim_plugins.garments.shapes.shoe_parts import laces, shoe_details, sole_colour
from fsim_plugins.garments.shapes.sneaker import draw_sneaker
from fsim_plugins.garments.sketch import INK, Sketch


def _boot(sketch: Sketch) -> None:
    item, low = sketch.item, 18.0
    ankle, toe = item.measure("ankle", -34, -20), item.measure("toe", 37, 42)
    shaft = item.measure("shaft", 0, 4)
    sketch.trim(ellipse(-19, ankle, 15, 4), mixed(item.colour, INK, 0.55))
    upper = [
        *(to(-34, low), via(-36, -2), to(-34 - shaft, ankle), via(-20, ankle + 5), to(-4 + shaft, ankle)),
        *(
            via(-5, low - 24),
            to(2, low - 16),
            via(14, low - 14),
            to(24, low - 12),
            via(toe, low - 9),
            to(toe, low),
            to(toe, low + 2),
            to(-34, low + 2),
        ),
    ]
    sketch.cloth(upper)
    sketch.seam([to(-12, low), via(-6, low - 10), to(4, low - 15)], strength=0.5)
    if item.measure("elastic", 0, 1) < 0.5:
        sketch.trim(
            [to(-25, ankle + 4), to(-12, ankle + 4), to(-15, low - 15), to(-22, low - 15)],
            item.trim if item.is_("trim", "contrasting") else drawn_on(item.colour, 0.4),
        )
    else:
        laces(sketch, (3, low - 16), (-4, ankle + 6), 5, item.second)
    shoe_details(sketch, -16, low - 12)
    sketch.band([to(-34 - shaft, ankle + 1), via(-20, ankle + 6), to(-4 + shaft, ankle + 1)], 2.4)
    heel, colour = item.measure("heel", 5, 12), sole_colour(sketch)
    sketch.trim(
        [
            to(-35, low),
            to(toe + 1, low),
            to(toe - 3, low + 3.5),
            to(-8, low + 3.5),
            to(-12, low + 3 + heel),
            to(-34, low + 3 + heel),
        ],
        colour,
    )


def _pump(sketch: Sketch) -> None:
    item = sketch.item
    heel, toe = item.measure("heel", 15, 27), item.measure("toe", 41, 46)
    back, low = 16 - heel, 18.0
    thin = item.measure("thin", 2, 5)
    sketch.trim(
        [
            to(-39, back + 3),
            to(-25, back + 6),
            via(-30 + thin, back + 14),
            to(-33 + thin, low + 2),
            to(-37, low + 2),
            via(-35, back + 14),
        ],
        item.trim,
    )
    sketch.trim(
        [to(-38, back - 9), via(-14, back - 2), to(14, low - 12), via(8, low - 4), to(-30, back)],
        mixed(item.trim, INK, 0.35),
    )
    upper = [
        *(to(-39, back + 4), via(-43, back - 8), to(-38, back - 13), via(-33, back - 8), to(-24, back + 1)),
        *(
            via(-5, low - 4),
            to(13, low - 13),
            via(22, low - 13),
            to(toe - 4, low - 1),
            via(toe, low + 1),
            to(toe - 3, low + 2),
        ),
        *(to(18, low + 2), via(-4, low), to(-24, back + 7)),
    ]
    sketch.cloth(upper)
    sketch.seam(
        [to(-39, back + 5), to(-24, back + 8), via(-4, low + 1), to(18, low + 2.4), to(toe - 3, low + 2.4)],
        colour=drawn_on(item.colour, 0.7),
        width=1.6,
    )
    if item.is_("detail", "buckle"):
        strap = item.measure("strap", 5, 12)
        sketch.band([to(-27, back - 2), via(-12, back - strap - 4), to(2, low - 9)], 2.4, item.second)
        sketch.button(-12, back - strap * 0.4 - 1, 2, BRASS)
    elif not item.is_("detail", "none"):
        shoe_details(sketch, 20, low - 5)


def _loafer(sketch: Sketch) -> None:
    item, low = sketch.item, 14.0
    toe, ankle = item.measure("toe", 41, 46), item.measure("ankle", -9, -4)
    sketch.trim(
        [to(-38, ankle), via(-22, ankle - 4), to(-2, ankle + 1), via(-18, ankle + 9)],
        mixed(item.trim, INK, 0.4),
    )
    upper = [
        *(
            to(-38, low),
            via(-44, 4),
            to(-38, ankle),
            via(-20, ankle + 6),
            to(-3, ankle),
            via(4, ankle - 3),
            to(9, ankle + 2),
        ),
        *(via(30, low - 13), to(toe - 2, low - 3), to(toe - 2, low + 3), to(-38, low + 3)),
    ]
    sketch.cloth(upper)
    sketch.trim([to(-10, ankle + 3), to(2, ankle - 2.5), to(16, low - 11), via(9, low - 7), to(4, low)], item.trim)
    sketch.seam(
        [to(9, ankle + 3), via(30, low - 9), to(toe - 9, low - 4), via(20, low - 2), to(4, low + 1)],
        strength=0.5,
        width=1.2,
    )
    if item.is_("detail", "buckle"):
        sketch.trim(box(-3, ankle + 7, 6, ankle + 11, 1.5), BRASS)
    elif item.is_("detail", "tassels"):
        for side in (-2.2, 2.2):
            sketch.trim(
                [to(3 + side, ankle + 4), to(5 + side * 1.8, ankle + 12), to(1 + side * 1.8, ankle + 12)],
                item.second,
            )
    else:
        shoe_details(sketch, -20, low - 6)
    heel = item.measure("heel", 3, 7)
    sketch.trim(
        [
            to(-39, low),
            to(toe - 1, low),
            to(toe - 4, low + 3),
            to(-14, low + 3),
            to(-16, low + 3 + heel),
            to(-38, low + 3 + heel),
        ],
        sole_colour(sketch),
    )


def draw_shoe(sketch: Sketch) -> None:
    item, style = sketch.item, sketch.item.attributes["style"]
    if style == "sneaker":
        draw_sneaker(sketch, item.measure("ankle", -13, -7))
    elif style == "high-top":
        draw_sneaker(sketch, item.measure("ankle", -34, -24))
    else:
        {"ankle boot": _boot, "pump": _pump, "loafer": _loafer}[style](sketch)
