"""Bags that hang from a hand: totes, handbags and clutches."""

from __future__ import annotations

from fsim_plugins.garments.outline import box, ellipse, symmetric, to, via
from fsim_plugins.garments.palette import BRASS, mixed
from fsim_plugins.garments.shapes.bag_parts import bag_details, handle, stitched
from fsim_plugins.garments.sketch import INK, Sketch


def draw_tote(sketch: Sketch) -> None:
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
    stitched(sketch, wide, wide - flare, top, low)
    for x in (-reach, reach):
        sketch.trim(box(x - strap * 0.8, top + 1, x + strap * 0.8, top + 9), edge=0.5)
    handle(sketch, reach, top + 3, high, strap)
    bag_details(sketch, reach, top + 6, 8)


def draw_handbag(sketch: Sketch) -> None:
    item = sketch.item
    wide, top = item.measure("width", 33, 39), item.measure("top", -12, -4)
    narrow, low = wide * item.measure("narrow", 0.68, 0.92), item.measure("low", 30, 37)
    handle(sketch, narrow * 0.55, top + 2, item.measure("handle", -40, -30), item.measure("strap", 2.8, 4.2))
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
    stitched(sketch, narrow, wide - 1, top, low)
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
    sketch.trim(box(-4, line - 1, 4, line + 6, 1.5), BRASS)
    for x in (-narrow * 0.55, narrow * 0.55):
        sketch.button(x, top + 2.5, 2.4, BRASS)
    bag_details(sketch, narrow * 0.7, top + 6, line + 4)


def draw_clutch(sketch: Sketch) -> None:
    item = sketch.item
    wide, high = item.measure("width", 38, 45), item.measure("height", 19, 26)
    if item.measure("chain", 0, 1) < 0.5:
        for step in range(18):
            x = -wide * 0.8 + step * wide * 1.6 / 17
            sketch.button(x, -high - 14 * (1 - (x / wide / 0.8) ** 2), 1.5, BRASS)
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
    sketch.button(0, depth - 2, 3.2, BRASS)
    bag_details(sketch, wide * 0.75, -high + 8, 2)
