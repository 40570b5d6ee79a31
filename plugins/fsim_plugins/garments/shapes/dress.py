"""Dresses."""

from __future__ import annotations

from fsim_plugins.garments.outline import mirrored, to, via
from fsim_plugins.garments.shapes.bodice import SIDES, Body, neck_band, on_side, torso
from fsim_plugins.garments.shapes.outerwear import belt
from fsim_plugins.garments.shapes.skirt import button_row, skirt_part
from fsim_plugins.garments.shapes.tops import bound_armholes, sleeves
from fsim_plugins.garments.sketch import Sketch


def draw_dress(sketch: Sketch) -> None:
    item = sketch.item
    neck, drop = {
        "round neck": (8.5, 8),
        "v-neck": (8.5, 16),
        "square neck": (10, 11),
        "boat neck": (12.5, 5),
    }[item.attributes["neckline"]]
    waist_y = item.measure("waist height", -12, -6)
    waist = item.measure("waist", 11.5, 14)
    body = Body(
        neck=neck,
        shoulder=item.measure("shoulder", 15.5, 18),
        chest=item.measure("chest", 16, 18),
        waist=waist + 0.5,
        hem=waist,
        top=-45,
        bottom=waist_y,
        drop=drop * item.measure("drop", 0.85, 1.2),
        neckline=item.attributes["neckline"],
        round_hem=0.5,
        arm=14,
    )
    low, high = {"mini": (14, 20), "knee-length": (27, 34), "maxi": (43, 48)}[item.attributes["length"]]
    bottom = item.measure("bottom", low, high)
    sleeves(sketch, body, cuff=2.2 if item.is_("trim", "contrasting") else 0)
    torso(sketch, body)
    skirt_part(sketch, waist_y, bottom, waist, item.attributes["fit"])
    for side in SIDES:  # darts
        sketch.seam(on_side([to(waist * 0.5, waist_y), to(waist * 0.62, waist_y - 12)], side), strength=0.3)
    neck_band(sketch, body, 1.8)
    if item.is_("sleeve", "sleeveless"):
        bound_armholes(sketch, body, 1.2)
    _waist(sketch, waist, waist_y, body)


def _waist(sketch: Sketch, waist: float, y: float, body: Body) -> None:
    item = sketch.item
    if item.is_("detail", "belt"):
        belt(sketch, waist + 0.8, y - 2, 3.6)
    elif item.is_("detail", "bow"):
        sketch.band([to(-waist, y), to(waist, y)], 2.4, item.second)
        wing = [to(0, y), via(4, y - 6), to(9, y - 4.4), via(7, y), to(9, y + 4.4), via(4, y + 6)]
        for ribbon in ([to(0, y), to(4, y + 12)], [to(0, y), to(-3, y + 13)]):
            sketch.band(ribbon, 1.8, item.second)
        sketch.trim(wing, item.second)
        sketch.trim(mirrored(wing), item.second)
        sketch.button(0, y, 1.9, item.second)
    elif item.is_("detail", "row of buttons"):
        button_row(sketch, body.top + body.drop + 1, y + 16)
    else:
        sketch.seam([to(-waist, y), via(0, y + 1.5), to(waist, y)], strength=0.5)
