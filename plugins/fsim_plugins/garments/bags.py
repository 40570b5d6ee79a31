"""Bags."""

from __future__ import annotations

from fsim_plugins.garments.outline import box, ellipse, symmetric, to, via
from fsim_plugins.garments.palette import RGB, drawn_on, mixed
from fsim_plugins.garments.sketch import INK, Sketch

METAL: RGB = (212, 190, 130)


def _handle(sketch: Sketch, reach: float, low: float, high: float, width: float) -> None:
    """A handle as an arch."""
    sketch.band(
        [to(-reach, low), via(-reach * 0.9, high), to(0, high), via(reach * 0.9, high), to(reach, low)], width
    )


def _details(sketch: Sketch, x: float, y: float, pocket: float) -> None:
    """A tassel at (x, y), a buckle or a pocket in the middle."""
    item, detail = sketch.item, sketch.item.attributes["detail"]
    if detail == "tassel":
        sketch.band([to(x, y), to(x, y + 5)], 1.2, item.second)
        sketch.trim(
            [to(x - 1.5, y + 5), to(x + 1.5, y + 5), to(x + 3.4, y + 18), to(x - 3.4, y + 18)], item.second
        )
        for step in (-1.2, 0.4, 1.8):
            sketch.seam([to(x + step * 0.5, y + 8), to(x + step, y + 17)], colour=drawn_on(item.second, 0.4))
    elif detail == "buckle":
        sketch.band([to(0, pocket - 12), to(0, pocket + 6)], 5, item.second)
        sketch.trim(box(-4.5, pocket - 1, 4.5, pocket + 7, 1.5), METAL)
        sketch.trim(box(-2, pocket + 1.6, 2, pocket + 4.4), item.second, edge=0)
    elif detail == "front pocket":
        wide = item.measure("pocket", 12, 18)
        sketch.trim(box(-wide, pocket, wide, pocket + 17, 3), item.second)
        sketch.seam(
            [to(-wide, pocket + 4), to(wide, pocket + 4)], colour=drawn_on(item.second, 0.5), width=1.2
        )


def _stitched(sketch: Sketch, wide_top: float, wide_low: float, top: float, low: float) -> None:
    line = [
        to(-wide_top + 2, top + 2),
        to(-wide_low + 2, low - 3),
        to(wide_low - 2, low - 3),
        to(wide_top - 2, top + 2),
    ]
    sketch.seam(line, dash="1.8 1", strength=0.45)


def _tote(sketch: Sketch) -> None:
    item = sketch.item
    wide, flare = item.measure("width", 29, 35), item.measure("flare", -5, 6)
    top, low, high = (
        item.measure("top", -14, -6),
        item.measure("low", 38, 43),
        item.measure("handle", -54, -44),
    )
    reach, strap = wide * item.measure("reach", 0.4, 0.62), item.measure("strap", 2.6, 4.4)
    sketch.band(
        [
            to(-reach, top),
            via(-reach * 0.8, high + 5),
            to(0, high + 5),
            via(reach * 0.8, high + 5),
            to(reach, top),
        ],
        strap,
        mixed(item.trim, INK, 0.25),
    )
    sketch.trim(ellipse(0, top, wide - flare * 0.3, 2.6), mixed(item.colour, INK, 0.5))
    body = [
        to(-wide, top),
        via(0, top + 3),
        to(wide, top),
        to(wide - flare, low - 3),
        via(wide - flare, low),
        to(wide - flare - 3, low),
        to(3 + flare - wide, low),
        via(flare - wide, low),
        to(flare - wide, low - 3),
    ]
    sketch.cloth(body)
    _stitched(sketch, wide, wide - flare, top, low)
    for x in (-reach, reach):
        sketch.trim(box(x - strap * 0.8, top + 1, x + strap * 0.8, top + 9), edge=0.5)
    _handle(sketch, reach, top + 3, high, strap)
    _details(sketch, reach, top + 6, 8)


def _handbag(sketch: Sketch) -> None:
    item = sketch.item
    wide, top = item.measure("width", 33, 39), item.measure("top", -12, -4)
    narrow, low = wide * item.measure("narrow", 0.68, 0.92), item.measure("low", 30, 37)
    _handle(sketch, narrow * 0.55, top + 2, item.measure("handle", -40, -30), item.measure("strap", 2.8, 4.2))
    half = [
        to(0, top),
        to(narrow - 4, top),
        via(narrow, top),
        to(narrow + 1, top + 5),
        to(wide, low - 7),
        via(wide, low),
        to(wide - 8, low),
        to(0, low),
    ]
    sketch.cloth(symmetric(half))
    _stitched(sketch, narrow, wide - 1, top, low)
    flap = item.measure("flap", 0.3, 0.55)
    line = top + (low - top) * flap
    sketch.cloth(
        symmetric(
            [
                to(0, top - 1),
                to(narrow - 3, top - 1),
                via(narrow, top),
                to(narrow + 2, top + 7),
                via(narrow * 0.8, line),
                to(0, line + 3),
            ]
        ),
        tone=0.08,
    )
    sketch.trim(box(-4, line - 1, 4, line + 6, 1.5), METAL)
    for x in (-narrow * 0.55, narrow * 0.55):
        sketch.button(x, top + 2.5, 2.4, METAL)
    _details(sketch, narrow * 0.7, top + 6, line + 4)


def _backpack(sketch: Sketch) -> None:
    item = sketch.item
    wide, top, low = item.measure("width", 25, 31), item.measure("top", -40, -34), item.measure("low", 38, 44)
    for side in (-1, 1):
        sketch.band(
            [
                to(side * (wide - 6), top + 8),
                via(side * (wide + 14), top + 24),
                to(side * (wide - 1), low - 8),
            ],
            4.5,
        )
    sketch.band([to(-7, top + 2), via(0, top - 12), to(7, top + 2)], 2.8)
    half = [
        to(0, top),
        via(wide, top),
        to(wide, top + 22),
        to(wide, low - 6),
        via(wide, low),
        to(wide - 6, low),
        to(0, low),
    ]
    sketch.cloth(symmetric(half))
    line = item.measure("flap", -14, -4)
    sketch.seam([to(-wide, line - 8), via(0, line - 3), to(wide, line - 8)], strength=0.7, width=1.6)
    sketch.button(wide - 5, line - 6, 1.6, METAL)
    wide_pocket, high = wide * item.measure("pocket width", 0.62, 0.8), item.measure("pocket top", 4, 12)
    pocket = box(-wide_pocket, high, wide_pocket, low - 4, 4)
    if item.is_("trim", "contrasting"):
        sketch.trim(pocket)
    else:
        sketch.cloth(pocket, tone=0.06)
    sketch.seam([to(-wide_pocket, high + 6), to(wide_pocket, high + 6)], strength=0.7, width=1.4)
    _details(sketch, wide * 0.4, line - 4, high - 12 if item.is_("detail", "front pocket") else high + 3)


def _clutch(sketch: Sketch) -> None:
    item = sketch.item
    wide, high = item.measure("width", 38, 45), item.measure("height", 19, 26)
    if item.measure("chain", 0, 1) < 0.5:
        for step in range(18):
            x = -wide * 0.8 + step * wide * 1.6 / 17
            sketch.button(x, -high - 14 * (1 - (x / wide / 0.8) ** 2), 1.5, METAL)
    sketch.cloth(box(-wide, -high, wide, high, 4))
    depth = item.measure("flap", 0, 16)
    flap = [
        to(0, -high - 0.5),
        to(wide - 3, -high - 0.5),
        via(wide, -high),
        to(wide, -high + 4),
        to(0 if depth > 8 else wide * 0.9, depth),
    ]
    outline = symmetric([*flap, to(0, depth)])
    if item.is_("trim", "contrasting"):
        sketch.trim(outline)
    else:
        sketch.cloth(outline, sketch.grain(0, 0, 90), tone=0.04)
    sketch.button(0, depth - 2, 3.2, METAL)
    _details(sketch, wide * 0.75, -high + 8, 2)


def _satchel(sketch: Sketch) -> None:
    item = sketch.item
    wide, top, low = item.measure("width", 34, 40), item.measure("top", -16, -10), item.measure("low", 26, 34)
    strap = item.measure("strap", -50, -36)
    sketch.band(
        [
            to(-wide + 2, top + 6),
            via(-wide * 0.7, strap),
            to(0, strap),
            via(wide * 0.7, strap),
            to(wide - 2, top + 6),
        ],
        2.6,
    )
    sketch.cloth(box(-wide, top, wide, low, 5))
    line = top + (low - top) * item.measure("flap", 0.5, 0.72)
    sketch.cloth(
        symmetric(
            [
                to(0, top - 1),
                to(wide - 4, top - 1),
                via(wide + 1, top - 1),
                to(wide + 1, top + 5),
                to(wide + 1, line - 6),
                via(wide, line),
                to(wide - 7, line),
                to(0, line),
            ]
        ),
        tone=0.07,
    )
    _stitched(sketch, wide, wide, top, line)
    for x in (-wide * 0.5, wide * 0.5):
        sketch.band([to(x, top + 3), to(x, line + 5)], 3.6)
        sketch.trim(box(x - 3.4, line - 4, x + 3.4, line + 3, 1), METAL)
    _details(sketch, 0, top + 4, top + 8)


def draw_bag(sketch: Sketch) -> None:
    {
        "tote bag": _tote,
        "handbag": _handbag,
        "backpack": _backpack,
        "clutch": _clutch,
        "satchel": _satchel,
    }[sketch.item.attributes["style"]](sketch)
