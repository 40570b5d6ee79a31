"""Shoes, seen from the side, the toe on the right."""

from __future__ import annotations

from fsim_plugins.garments.outline import Outline, box, ellipse, star, to, via
from fsim_plugins.garments.palette import RGB, drawn_on, mixed
from fsim_plugins.garments.sketch import INK, Sketch

METAL: RGB = (206, 196, 160)
RUBBER: RGB = (240, 238, 230)


def _sole_colour(sketch: Sketch) -> RGB:
    """White, gum, black or the second colour, as the item has it."""
    choice = int(sketch.item.measure("sole colour", 0, 4))
    return (RUBBER, (196, 148, 96), (52, 46, 46), sketch.item.second)[choice]


def _laces(
    sketch: Sketch, start: tuple[float, float], end: tuple[float, float], rows: int, colour: RGB
) -> None:
    """Rows of laces between two points of the instep."""
    for row in range(rows):
        share = row / (rows - 1)
        x, y = start[0] + (end[0] - start[0]) * share, start[1] + (end[1] - start[1]) * share
        sketch.band([to(x - 4.5, y + 2.6), to(x + 2.2, y - 1.2)], 1.5, colour)


def _details(sketch: Sketch, x: float, y: float) -> None:
    """What sits on the side of the shoe, around (x, y)."""
    item, detail = sketch.item, sketch.item.attributes["detail"]
    if detail == "side stripes":
        for step in range(2 + (item.measure("stripes", 0, 1) < 0.6)):
            sketch.band(
                [to(x - 7 + 6 * step, y + 6), to(x - 2.5 + 6 * step, y - 6)],
                item.measure("stripe", 1.8, 3),
                item.second,
            )
    elif detail == "star":
        sketch.trim(star(x, y, item.measure("star", 5, 7)), item.second)
    elif detail == "buckle":
        sketch.band([to(x - 10, y - 5), via(x, y - 2), to(x + 11, y - 6)], 3.2, item.second)
        sketch.trim(box(x - 2.5, y - 6, x + 3, y - 0.6, 1), METAL)


def _trainer(sketch: Sketch, ankle: float) -> None:
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
    _laces(
        sketch,
        (13, low - 11.5),
        (-11, ankle + 4),
        rows,
        item.second if item.measure("laces", 0, 1) < 0.5 else RUBBER,
    )
    _details(sketch, -11, low - 7)
    sole = [
        to(-41, low),
        to(toe - 1, low),
        via(toe + 2, low + thick * 0.7),
        to(toe - 5, low + thick),
        to(-40, low + thick),
        via(-44, low + thick * 0.5),
    ]
    sketch.trim(sole, _sole_colour(sketch))
    sketch.seam(
        [to(-41, low + thick * 0.45), to(toe - 1, low + thick * 0.45)],
        colour=drawn_on(_sole_colour(sketch), 0.4),
    )


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
        _laces(sketch, (3, low - 16), (-4, ankle + 6), 5, item.second)
    _details(sketch, -16, low - 12)
    sketch.band([to(-34 - shaft, ankle + 1), via(-20, ankle + 6), to(-4 + shaft, ankle + 1)], 2.4)
    heel, colour = item.measure("heel", 5, 12), _sole_colour(sketch)
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
        sketch.button(-12, back - strap * 0.4 - 1, 2, METAL)
    elif not item.is_("detail", "none"):
        _details(sketch, 20, low - 5)


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
    sketch.trim(
        [to(-10, ankle + 3), to(2, ankle - 2.5), to(16, low - 11), via(9, low - 7), to(4, low)], item.trim
    )
    sketch.seam(
        [to(9, ankle + 3), via(30, low - 9), to(toe - 9, low - 4), via(20, low - 2), to(4, low + 1)],
        strength=0.5,
        width=1.2,
    )
    if item.is_("detail", "buckle"):
        sketch.trim(box(-3, ankle + 7, 6, ankle + 11, 1.5), METAL)
    elif item.is_("detail", "none"):
        for side in (-2.2, 2.2):
            sketch.trim(
                [to(3 + side, ankle + 4), to(5 + side * 1.8, ankle + 12), to(1 + side * 1.8, ankle + 12)],
                item.second,
            )
    else:
        _details(sketch, -20, low - 6)
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
        _sole_colour(sketch),
    )


def draw_shoe(sketch: Sketch) -> None:
    item, style = sketch.item, sketch.item.attributes["style"]
    if style == "sneaker":
        _trainer(sketch, item.measure("ankle", -13, -7))
    elif style == "high-top":
        _trainer(sketch, item.measure("ankle", -34, -24))
    else:
        {"ankle boot": _boot, "pump": _pump, "loafer": _loafer}[style](sketch)
