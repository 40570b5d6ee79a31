"""Sweaters and cardigans."""

from __future__ import annotations

from fsim_plugins.garments.outline import ellipse, star, to, via
from fsim_plugins.garments.palette import drawn_on
from fsim_plugins.garments.shapes.bodice import SIDES, Body, neck_band, torso
from fsim_plugins.garments.shapes.tops import rib, sleeves, top_body
from fsim_plugins.garments.sketch import Sketch


def draw_sweater(sketch: Sketch) -> None:
    item = sketch.item
    kind = item.attributes["neckline"]
    drop = {"crew neck": 6, "v-neck": 16, "turtleneck": 4}[kind]
    body = top_body(sketch, 8, drop, kind, chest=21, hem=19)
    sleeves(sketch, body, cuff=item.measure("cuff", 4.5, 7.5))
    torso(sketch, body)
    if item.is_("detail", "patterned _yoke"):
        _yoke(sketch, body)
    elif item.is_("detail", "cable knit"):
        _cables(sketch, body)
    rib(sketch, body, item.measure("rib", 4, 7))
    if item.is_("closure", "row of buttons"):
        sketch.band([to(0, body.top + body.drop), to(0, body.bottom - 0.5)], 3)
        for number in range(5):
            sketch.button(0, body.top + body.drop + 4 + number * (body.bottom - body.top - body.drop - 8) / 4, 1.2)
    if kind == "turtleneck":
        width = body.neck
        sketch.trim(
            [
                to(-width, body.top + 3),
                to(-width + 1, body.top - 8),
                via(0, body.top - 6.5),
                to(width - 1, body.top - 8),
                to(width, body.top + 3),
                via(0, body.top + 7),
            ]
        )
        for x in (-4.5, -1.5, 1.5, 4.5):
            sketch.seam([to(x, body.top - 7), to(x, body.top + 4.5)], colour=drawn_on(item.trim, 0.25))
    else:
        neck_band(sketch, body, 3.2)
    if item.is_("detail", "elbow patches"):
        for side in SIDES:
            sketch.button(side * (body.shoulder + 12), body.top + 26, 3.6)


def _yoke(sketch: Sketch, body: Body) -> None:
    """Rings of small motifs around the neck."""
    item = sketch.item
    count = round(item.measure("motifs", 5, 9))
    for ring, colour in ((17, item.second), (22.5, item.third)):
        for step in range(count):
            x = (step - (count - 1) / 2) * 2 * (body.chest - 3) / count
            y = body.top + ring + body.drop * 0.2 - abs(x) * 0.28
            sketch.trim(ellipse(x, y, 1.7, 1.7) if ring < 20 else star(x, y, 2.6, 4), colour, edge=0)


def _cables(sketch: Sketch, body: Body) -> None:
    """Plaits down the front."""
    for x in (-11, 0, 11):
        for step in range(int((body.bottom - body.top - body.drop - 10) / 5)):
            y = body.top + body.drop + 4 + 5 * step
            sketch.seam([to(x - 2, y), via(x + 3, y + 2), to(x + 1.6, y + 5)], strength=0.5, width=1)
            sketch.seam([to(x + 2, y), via(x - 3, y + 2), to(x - 1.6, y + 5)], strength=0.3, width=1)
