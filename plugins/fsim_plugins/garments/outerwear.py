"""Jackets and coats."""

from __future__ import annotations

from fsim_plugins.garments.bodice import SIDES, Body, arm_degrees, neck_band, on_side, sleeve, torso
from fsim_plugins.garments.hood import hood_back, hood_front
from fsim_plugins.garments.outline import box, symmetric, to, via
from fsim_plugins.garments.palette import RGB, drawn_on
from fsim_plugins.garments.sketch import Sketch
from fsim_plugins.garments.tops import WIDTHS, pocket, rib, zipper

METAL: RGB = (196, 192, 186)


def _body(sketch: Sketch, bottom: float, drop: float, flare: float = 0, top: float = -36) -> Body:
    item = sketch.item
    wide = WIDTHS[item.attributes["fit"]] * item.measure("width", 0.95, 1.06)
    return Body(
        neck=8 * item.measure("neck", 0.9, 1.1),
        shoulder=21 * (0.4 + 0.6 * wide),
        chest=20.5 * wide,
        waist=20.5 * wide - item.measure("waist", 0, 4),
        hem=20.5 * wide + flare + item.measure("hem", -1, 2),
        top=top,
        bottom=bottom,
        drop=drop,
        neckline="v-neck",
        round_hem=1.5,
    )


def _sleeves(
    sketch: Sketch, body: Body, cuff: float, cuff_colour: RGB | None = None, length: float = 50
) -> None:
    for side in SIDES:
        degrees = arm_degrees(sketch, side, 22, 14)
        reach = length * sketch.item.measure("sleeve length", 0.94, 1.04)
        sleeve(
            sketch, body, side, degrees, reach, sketch.item.measure("sleeve end", 4.8, 6.4), cuff, cuff_colour
        )


def _lapels(sketch: Sketch, body: Body, reach: float, notch: bool = True) -> None:
    """Turned-down lapels and the collar above them."""
    top, low = body.top, body.top + body.drop
    contrast = sketch.item.is_("trim", "contrasting")
    for side in SIDES:
        outer = (
            [to(reach, top + body.drop * 0.42), to(reach - 2.6, top + body.drop * 0.34)]
            if notch
            else [to(reach, top + body.drop * 0.4)]
        )
        lapel = on_side(
            [
                to(body.neck - 1, top - 1),
                *reversed(outer),
                to(0.4, low + 1),
                to(0.2, low - 2),
                via(body.neck * 0.7, top + body.drop * 0.5),
            ],
            side,
        )
        collar = on_side(
            [
                to(body.neck - 2, top - 3),
                to(body.neck + 3, top - 0.5),
                to(reach - 1.2, top + body.drop * 0.3),
                to(body.neck - 0.6, top + 5),
            ],
            side,
        )
        for leaf in (lapel, collar):
            if contrast:
                sketch.trim(leaf)
            else:
                sketch.cloth(leaf, sketch.grain(0, top, side * 30), tone=0.03)


def _front(sketch: Sketch, start: float, end: float) -> None:
    sketch.seam([to(1.2, start), to(1.2, end - 0.6)], strength=0.6)


def _slant_pockets(sketch: Sketch, y: float, x: float = 9) -> None:
    for side in SIDES:
        sketch.seam(on_side([to(x, y), to(x + 4, y + 10)], side), strength=0.7, width=1.5)


def _flap_pockets(sketch: Sketch, y: float, x: float = 11) -> None:
    for side in SIDES:
        sketch.cloth(on_side(box(x - 5, y, x + 5, y + 3.4), side), tone=0.1)


def _pockets(sketch: Sketch, body: Body) -> None:
    if sketch.item.is_("pocket", "chest pocket"):
        pocket(sketch, 10.5, body.top + 20, 4)
    elif sketch.item.is_("pocket", "side pockets"):
        _slant_pockets(sketch, body.bottom - 20)


def _bomber(sketch: Sketch) -> None:
    body = _body(sketch, sketch.item.measure("bottom", 20, 27), 6, flare=-1.5)
    _sleeves(sketch, body, 5.5, sketch.item.trim)
    torso(sketch, body)
    _pockets(sketch, body)
    rib(sketch, body, 6)
    zipper(sketch, body.top + body.drop, body.bottom)
    neck_band(sketch, body, 4)


def _denim(sketch: Sketch) -> None:
    item = sketch.item
    body = _body(sketch, item.measure("bottom", 18, 25), 9)
    stitch: RGB = (226, 176, 98)
    _sleeves(sketch, body, 4.5)
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
        _slant_pockets(sketch, body.bottom - 18)
    _front(sketch, body.top + body.drop, body.bottom)
    for step in range(5):
        sketch.button(
            -0.6, body.top + body.drop + 3 + step * (body.bottom - body.top - body.drop - 6) / 4, 1, METAL
        )
    _lapels(sketch, body, 11, notch=False)


def _blazer(sketch: Sketch) -> None:
    item = sketch.item
    body = _body(sketch, item.measure("bottom", 30, 38), item.measure("lapel depth", 24, 34), flare=1)
    _sleeves(sketch, body, 0)
    torso(sketch, body)
    low = body.top + body.drop
    _front(sketch, low, body.bottom)
    if item.is_("pocket", "side pockets"):
        _flap_pockets(sketch, body.bottom - 19)
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
    _lapels(sketch, body, item.measure("lapel", 11, 15))


def _puffer(sketch: Sketch) -> None:
    item = sketch.item
    body = _body(sketch, item.measure("bottom", 22, 32), 5)
    _sleeves(sketch, body, 3, length=46)
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
    body = _body(sketch, item.measure("bottom", 16, 23), item.measure("lapel depth", 18, 24))
    _sleeves(sketch, body, 0)
    torso(sketch, body)
    low = body.top + body.drop
    sketch.seam([to(-1, low), to(-9, body.bottom - 1)], colour=METAL, width=1.4)
    if item.is_("pocket", "side pockets"):
        for side in SIDES:
            sketch.seam(on_side([to(10, low + 10), to(16, low + 14)], side), colour=METAL, width=1.2)
    sketch.trim(box(-body.hem, body.bottom - 5.4, body.hem, body.bottom - 2), sketch.item.trim, edge=0.5)
    sketch.trim(box(-4, body.bottom - 6, 1, body.bottom - 1.4), METAL)
    _lapels(sketch, body, 14.5)
    for side in SIDES:
        sketch.button(side * 11.5, body.top + body.drop * 0.4, 1, METAL)
        sketch.button(side * 17, body.top + 7.5, 1, METAL)
    if item.is_("pocket", "chest pocket"):
        sketch.seam([to(6, body.top + 20), to(14, body.top + 17)], colour=METAL, width=1.3)


def draw_jacket(sketch: Sketch) -> None:
    {
        "bomber jacket": _bomber,
        "denim jacket": _denim,
        "blazer": _blazer,
        "puffer jacket": _puffer,
        "biker jacket": _biker,
    }[sketch.item.attributes["style"]](sketch)


def draw_coat(sketch: Sketch) -> None:
    item, style = sketch.item, sketch.item.attributes["style"]
    bottom = (
        item.measure("bottom", 36, 40)
        if item.is_("length", "knee-length")
        else item.measure("bottom", 44, 48)
    )
    depth = {"trench coat": 17, "overcoat": item.measure("lapel depth", 20, 27)}.get(style, 6)
    body = _body(sketch, bottom, depth, flare=item.measure("flare", 0, 5), top=-42)
    _sleeves(sketch, body, 4 if style == "trench coat" else 0, length=48)
    if style in ("duffle coat", "raincoat"):
        hood_back(sketch, body)
    torso(sketch, body)
    low = body.top + depth
    _front(sketch, low, body.bottom)
    {"trench coat": _trench, "duffle coat": _duffle, "overcoat": _overcoat, "raincoat": _rain}[style](
        sketch, body, low
    )
    if item.is_("detail", "belt"):
        belt(sketch, body.waist + 0.5, item.measure("belt height", -6, 0))


def belt(sketch: Sketch, half_width: float, y: float, high: float = 4.2) -> None:
    """A belt with its buckle."""
    colour = sketch.item.second
    sketch.trim(
        symmetric(
            [
                to(0, y + 1),
                via(half_width * 0.5, y + 1),
                to(half_width, y),
                to(half_width, y + high),
                via(half_width * 0.5, y + high + 1),
                to(0, y + high + 1),
            ]
        ),
        colour,
    )
    sketch.trim(box(-3, y, 3, y + high + 2, 0.8), METAL)
    sketch.trim(box(-1.6, y + 1.6, 1.6, y + high + 0.4), drawn_on(colour, 0.2), edge=0)


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
    _slant_pockets(sketch, 8)
    _lapels(sketch, body, 14)


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
    _flap_pockets(sketch, 8)
    _lapels(sketch, body, sketch.item.measure("lapel", 12, 16))


def _rain(sketch: Sketch, body: Body, low: float) -> None:
    for step in range(6):
        sketch.button(-1.6, low + 8 + 9 * step, 1.1, METAL)
    _flap_pockets(sketch, 8)
    sketch.seam([to(-body.chest, body.armpit - 3), to(body.chest, body.armpit - 3)], strength=0.5)
    hood_front(sketch, body)
