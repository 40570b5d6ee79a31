"""T-shirts."""

from __future__ import annotations

from fsim_plugins.garments.shapes.bodice import neck_band, torso
from fsim_plugins.garments.shapes.tops import bound_armholes, chest_print, hem_seam, sleeves, top_body
from fsim_plugins.garments.sketch import Sketch


def draw_t_shirt(sketch: Sketch) -> None:
    item = sketch.item
    neck, drop = {"crew neck": (8, 7), "v-neck": (8, 15), "scoop neck": (11, 14)}[item.attributes["neckline"]]
    body = top_body(sketch, neck, drop, item.attributes["neckline"])
    sleeves(sketch, body, cuff=2.4 if item.is_("trim", "contrasting") else 0)
    torso(sketch, body)
    chest_print(sketch, body)
    hem_seam(sketch, body)
    neck_band(sketch, body, 2.2)
    if item.is_("sleeve", "sleeveless"):
        bound_armholes(sketch, body, 1.4)
