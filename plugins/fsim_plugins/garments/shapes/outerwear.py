"""What jackets and coats have in common."""

from __future__ import annotations

from fsim_plugins.garments.outline import box, symmetric, to, via
from fsim_plugins.garments.palette import RGB, STEEL, drawn_on
from fsim_plugins.garments.shapes.bodice import SIDES, Body, arm_degrees, on_side, sleeve
from fsim_plugins.garments.shapes.tops import WIDTHS
from fsim_plugins.garments.sketch import Sketch


def outer_body(sketch: Sketch, bottom: float, drop: float, flare: float = 0, top: float = -36) -> Body:
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


def outer_sleeves(sketch: Sketch, body: Body, cuff: float, cuff_colour: RGB | None = None, length: float = 50) -> None:
    for side in SIDES:
        degrees = arm_degrees(sketch, side, 22, 14)
        reach = length * sketch.item.measure("sleeve length", 0.94, 1.04)
        sleeve(sketch, body, side, degrees, reach, sketch.item.measure("sleeve end", 4.8, 6.4), cuff, cuff_colour)


def lapels(sketch: Sketch, body: Body, reach: float, notch: bool = True) -> None:
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


def front_edge(sketch: Sketch, start: float, end: float) -> None:
    sketch.seam([to(1.2, start), to(1.2, end - 0.6)], strength=0.6)


def slant_pockets(sketch: Sketch, y: float, x: float = 9) -> None:
    for side in SIDES:
        sketch.seam(on_side([to(x, y), to(x + 4, y + 10)], side), strength=0.7, width=1.5)


def flap_pockets(sketch: Sketch, y: float, x: float = 11) -> None:
    for side in SIDES:
        sketch.cloth(on_side(box(x - 5, y, x + 5, y + 3.4), side), tone=0.1)


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
    sketch.trim(box(-3, y, 3, y + high + 2, 0.8), STEEL)
    sketch.trim(box(-1.6, y + 1.6, 1.6, y + high + 0.4), drawn_on(colour, 0.2), edge=0)
