"""Bags."""

from __future__ import annotations

from fsim_plugins.garments.outline import box, symmetric, to, via
from fsim_plugins.garments.palette import BRASS
from fsim_plugins.garments.shapes.bag_parts import bag_details, stitched
from fsim_plugins.garments.shapes.handbag import draw_clutch, draw_handbag, draw_tote
from fsim_plugins.garments.sketch import Sketch


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
    sketch.button(wide - 5, line - 6, 1.6, BRASS)
    wide_pocket, high = wide * item.measure("pocket width", 0.62, 0.8), item.measure("pocket top", 4, 12)
    pocket = box(-wide_pocket, high, wide_pocket, low - 4, 4)
    if item.is_("trim", "contrasting"):
        sketch.trim(pocket)
    else:
        sketch.cloth(pocket, tone=0.06)
    sketch.seam([to(-wide_pocket, high + 6), to(wide_pocket, high + 6)], strength=0.7, width=1.4)
    bag_details(sketch, wide * 0.4, line - 4, high - 12 if item.is_("detail", "front pocket") else high + 3)


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
    stitched(sketch, wide, wide, top, line)
    for x in (-wide * 0.5, wide * 0.5):
        sketch.band([to(x, top + 3), to(x, line + 5)], 3.6)
        sketch.trim(box(x - 3.4, line - 4, x + 3.4, line + 3, 1), BRASS)
    bag_details(sketch, 0, top + 4, top + 8)


def draw_bag(sketch: Sketch) -> None:
    {
        "tote bag": draw_tote,
        "handbag": draw_handbag,
        "backpack": _backpack,
        "clutch": draw_clutch,
        "satchel": _satchel,
    }[sketch.item.attributes["style"]](sketch)
