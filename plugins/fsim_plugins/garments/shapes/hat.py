"""Hats."""

from __future__ import annotations

from fsim_plugins.garments.outline import box, ellipse, star, symmetric, to, via
from fsim_plugins.garments.palette import drawn_on, mixed
from fsim_plugins.garments.sketch import INK, Sketch


def _badge(sketch: Sketch, x: float, y: float) -> None:
    item, size = sketch.item, sketch.item.measure("badge", 5.5, 8.5)
    kind = item.measure("badge kind", 0, 3)
    if kind < 1:
        sketch.button(x, y, size, item.second)
        sketch.trim(star(x, y, size * 0.7), item.third, edge=0)
    elif kind < 2:
        sketch.trim(star(x, y, size * 1.1), item.second)
    else:
        sketch.trim(box(x - size, y - size * 0.6, x + size, y + size * 0.6, 1.5), item.second)
        sketch.seam([to(x - size * 0.6, y), to(x + size * 0.6, y)], width=1.6, colour=item.third)


def _cap(sketch: Sketch) -> None:
    item = sketch.item
    high, wide = item.measure("height", 30, 38), item.measure("width", 31, 36)
    dome = [to(-wide, 8), via(-wide, -high), to(0, -high), via(wide, -high), to(wide * 0.98, 8), via(0, 15)]
    sketch.cloth(dome)
    for x in (-0.42, 0.42):
        sketch.seam([to(x * wide * 2, 10), via(x * wide * 1.7, -high * 0.6), to(0, -high)], strength=0.5)
    sketch.seam([to(0, -high), to(0, 11)], strength=0.4)
    for x in (-14, 14):
        sketch.button(x, -high * 0.45, 1.4, drawn_on(item.colour, 0.6))
    if item.is_("detail", "band"):
        sketch.band([to(-wide + 1.5, 4), via(0, 11), to(wide - 1.5, 4)], item.measure("band", 3.5, 6), item.second)
    elif item.is_("detail", "badge"):
        _badge(sketch, 0, -8)
    length = item.measure("peak", 17, 25)
    peak = [
        to(-wide * 0.98, 7),
        via(0, 14),
        to(wide * 0.96, 7),
        via(wide * 1.1, 9 + length * 1.15),
        to(0, 9 + length),
        via(-wide * 1.1, 9 + length * 1.15),
    ]
    if item.is_("trim", "contrasting"):
        sketch.trim(peak)
    else:
        sketch.cloth(peak, sketch.grain(0, 0, 12), tone=0.1)
    rim = [to(-wide * 0.85, 13), via(0, 12 + length * 0.98), to(wide * 0.85, 13)]
    sketch.seam(rim, strength=0.5, dash="1.6 1")
    sketch.button(0, -high, 2.6, item.trim)


def _beanie(sketch: Sketch) -> None:
    item = sketch.item
    high, wide = item.measure("height", 34, 44), item.measure("width", 27, 32)
    dome = [to(-wide, 16), via(-wide * 1.04, -high), to(0, -high), via(wide * 1.04, -high), to(wide, 16)]
    if item.is_("detail", "bobble"):
        bobble = item.measure("bobble size", 8, 11)
        sketch.trim(star(0, -high - 4, bobble * 1.1, 16), item.second)
        sketch.trim(
            ellipse(0, -high - 4, bobble * 0.8, bobble * 0.8),
            mixed(item.second, (255, 255, 255), 0.15),
            edge=0,
        )
    sketch.cloth(dome)
    for step in range(-3, 4):
        sketch.seam(
            [to(step * wide / 3.8, 14), via(step * wide / 3.6, -high * 0.5), to(step * 2, -high + 1.5)],
            strength=0.35,
        )
    cuff = item.measure("cuff", 13, 19)
    sketch.trim(box(-wide - 2, 22 - cuff, wide + 2, 23, 4))
    for step in range(-7, 8):
        x = step * wide / 7.6
        sketch.seam([to(x, 24 - cuff), to(x, 22)], colour=drawn_on(item.trim, 0.25), width=1)
    if item.is_("detail", "badge"):
        _badge(sketch, item.measure("badge place", -12, 12), 23 - cuff / 2)


def _crown_and_brim(sketch: Sketch, crown: float, wide: float, brim: float, droop: float, dent: float) -> None:
    """A hat with a brim all around, seen from the front and a little from above."""
    item, low = sketch.item, 10.0
    sketch.cloth(
        symmetric(
            [
                to(0, low - 5),
                via(brim * 0.7, low - 6),
                to(brim, low + droop),
                via(brim * 0.75, low + 13),
                to(0, low + 13),
            ]
        ),
        tone=0.06,
    )
    sketch.seam(
        [to(-brim + 2, low + droop + 1), via(0, low + 18), to(brim - 2, low + droop + 1)],
        strength=0.5,
        dash="1.6 1",
    )
    top = low - crown
    sides = [
        to(0, top + dent),
        via(wide * 0.45, top - 3 - dent),
        to(wide * 0.7, top + 1),
        via(wide, top + 3),
        to(wide, low + 2),
        via(wide * 0.6, low + 7),
        to(0, low + 7),
    ]
    sketch.cloth(symmetric(sides))
    if dent:
        sketch.seam([to(0, top + dent + 1), to(0, top + dent + crown * 0.4)], strength=0.45, width=1.4)
    if item.is_("detail", "band"):
        width = item.measure("band", 4, 8)
        sketch.band([to(-wide + 0.6, low - 1), via(0, low + 6), to(wide - 0.6, low - 1)], width, item.second)
        if item.measure("bow", 0, 1) < 0.5:
            for side in (-1, 1):
                wing = [to(wide - 5, low), to(wide - 5 + side * 8, low - 5), to(wide - 5 + side * 8, low + 5)]
                sketch.trim(wing, item.second)
            sketch.button(wide - 5, low, 2, item.second)
    if item.is_("detail", "badge"):
        _badge(sketch, 0, low - crown * 0.45)


def _bucket(sketch: Sketch) -> None:
    item = sketch.item
    crown, wide, brim = (
        item.measure("crown", 32, 38),
        item.measure("width", 24, 28),
        item.measure("brim", 37, 42),
    )
    sketch.trim(ellipse(0, 17, brim * 0.93, 7), mixed(item.colour, INK, 0.5))
    side = [to(0, 8), via(wide * 0.7, 8), to(wide, 4), to(brim, 17), via(brim * 0.6, 28), to(0, 27)]
    sketch.cloth(
        symmetric(
            [
                to(0, 8 - crown),
                via(wide * 0.8, 7 - crown),
                to(wide * 0.84, 12 - crown),
                to(wide + 1.5, 5),
                via(wide * 0.6, 11),
                to(0, 11),
            ]
        )
    )
    sketch.seam([to(-wide * 0.84, 12 - crown), via(0, 17 - crown), to(wide * 0.84, 12 - crown)], strength=0.5)
    sketch.cloth(symmetric(side), tone=0.04)
    for ring in (0.35, 0.65):
        y, x = 4 + 13 * ring, wide + (brim - wide) * ring
        sketch.seam([to(-x, y), via(0, y + 11), to(x, y)], strength=0.35, dash="1.6 1")
    if item.is_("detail", "band"):
        sketch.band([to(-wide - 0.5, 3), via(0, 10), to(wide + 0.5, 3)], item.measure("band", 3, 5), item.second)
    elif item.is_("detail", "badge"):
        _badge(sketch, 0, 7 - crown * 0.45)


def draw_hat(sketch: Sketch) -> None:
    item, style = sketch.item, sketch.item.attributes["style"]
    if style == "cap":
        _cap(sketch)
    elif style == "beanie":
        _beanie(sketch)
    elif style == "bucket hat":
        _bucket(sketch)
    elif style == "sun hat":
        crown, wide = item.measure("crown", 24, 30), item.measure("width", 20, 24)
        _crown_and_brim(sketch, crown, wide, item.measure("brim", 44, 49), item.measure("droop", 1, 6), 0)
    else:
        crown, wide = item.measure("crown", 29, 35), item.measure("width", 21, 25)
        _crown_and_brim(sketch, crown, wide, item.measure("brim", 36, 42), item.measure("droop", -3, 2), 5)
