"""What all kinds of bag have in common."""

from __future__ import annotations

from fsim_plugins.garments.outline import box, to, via
from fsim_plugins.garments.palette import BRASS, drawn_on
from fsim_plugins.garments.sketch import Sketch


def handle(sketch: Sketch, reach: float, low: float, high: float, width: float) -> None:
    """A handle as an arch."""
    sketch.band([to(-reach, low), via(-reach * 0.9, high), to(0, high), via(reach * 0.9, high), to(reach, low)], width)


def bag_details(sketch: Sketch, x: float, y: float, pocket: float) -> None:
    """A tassel at (x, y), a buckle or a pocket in the middle."""
    item, detail = sketch.item, sketch.item.attributes["detail"]
    if detail == "tassel":
        sketch.band([to(x, y), to(x, y + 5)], 1.2, item.second)
        sketch.trim([to(x - 1.5, y + 5), to(x + 1.5, y + 5), to(x + 3.4, y + 18), to(x - 3.4, y + 18)], item.second)
        for step in (-1.2, 0.4, 1.8):
            sketch.seam([to(x + step * 0.5, y + 8), to(x + step, y + 17)], colour=drawn_on(item.second, 0.4))
    elif detail == "buckle":
        sketch.band([to(0, pocket - 12), to(0, pocket + 6)], 5, item.second)
        sketch.trim(box(-4.5, pocket - 1, 4.5, pocket + 7, 1.5), BRASS)
        sketch.trim(box(-2, pocket + 1.6, 2, pocket + 4.4), item.second, edge=0)
    elif detail == "front pocket":
        wide = item.measure("pocket", 12, 18)
        sketch.trim(box(-wide, pocket, wide, pocket + 17, 3), item.second)
        sketch.seam([to(-wide, pocket + 4), to(wide, pocket + 4)], colour=drawn_on(item.second, 0.5), width=1.2)


def stitched(sketch: Sketch, wide_top: float, wide_low: float, top: float, low: float) -> None:
    line = [
        to(-wide_top + 2, top + 2),
        to(-wide_low + 2, low - 3),
        to(wide_low - 2, low - 3),
        to(wide_top - 2, top + 2),
    ]
    sketch.seam(line, dash="1.8 1", strength=0.45)
