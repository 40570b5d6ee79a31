"""Hoodies."""

from __future__ import annotations

from fsim_plugins.garments.outline import symmetric, to, via
from fsim_plugins.garments.shapes.bodice import SIDES, on_side, torso
from fsim_plugins.garments.shapes.hood import hood_back, hood_front
from fsim_plugins.garments.shapes.tops import chest_print, rib, sleeves, top_body, zipper
from fsim_plugins.garments.sketch import Sketch


def draw_hoodie(sketch: Sketch) -> None:
    item = sketch.item
    body = top_body(sketch, 9, 9, "round neck", chest=21, hem=19.5)
    sleeves(sketch, body, cuff=5.5, stripes=2 if item.is_("detail", "sleeve stripes") else 0)
    hood_back(sketch, body)
    torso(sketch, body)
    chest_print(sketch, body)
    low = body.bottom - 7
    if item.is_("pocket", "kangaroo pocket"):
        outline = symmetric(
            [to(0, low - 13), to(7.5, low - 13), via(9, low - 8), to(14, low - 5), to(13.5, low), to(0, low)]
        )
        sketch.cloth(outline, tone=0.06)
    else:
        for side in SIDES:
            sketch.seam(on_side([to(9, low - 12), to(13.5, low - 1)], side), strength=0.6, width=1.3)
    rib(sketch, body, 5)
    if item.is_("closure", "zip"):
        zipper(sketch, body.top + body.drop, body.bottom)
    hood_front(sketch, body)
