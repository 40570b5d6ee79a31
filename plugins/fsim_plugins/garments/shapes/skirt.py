"""Skirts."""

from __future__ import annotations

from fsim_plugins.garments.outline import Outline, Point, symmetric, to, via
from fsim_plugins.garments.shapes.bodice import SIDES
from fsim_plugins.garments.shapes.outerwear import belt
from fsim_plugins.garments.sketch import Sketch


def _hem(half_width: float, y: float, waves: int, depth: float) -> list[Point]:
    """The right half of a hem, from the side to the middle, in waves."""
    points = [to(half_width, y - 1.5)]
    step = half_width / waves
    for wave in range(waves):
        x = half_width - step * wave
        points += [
            via(x - step / 2, y + depth * (1.6 if wave % 2 else 0.4)),
            to(x - step, y + 0.4 * (wave + 1 < waves)),
        ]
    return points


def _panel(top: float, bottom: float, waist: float, hem: float, hip: float, waves: int, depth: float) -> Outline:
    """A piece of a skirt between two heights, with these half widths."""
    middle = top + (bottom - top) * 0.4
    return symmetric([to(0, top), to(waist, top), via(hip, middle), *_hem(hem, bottom, waves, depth)])


def skirt_part(sketch: Sketch, top: float, bottom: float, waist: float, fit: str) -> float:
    """The skirt below a waist; how wide it is at its hem."""
    item = sketch.item
    length = bottom - top
    flare = {"pencil": 0.02, "fitted": 0.06, "A-line": 0.27, "pleated": 0.3, "tiered": 0.3}[fit]
    hem = waist + 4 + flare * length * item.measure("flare", 0.8, 1.25)
    hip = waist + 6 if fit in ("pencil", "fitted") else (waist + hem) / 2 - 0.5
    waves, depth = {"pencil": (1, 0.6), "fitted": (1, 0.6), "A-line": (3, 1.2), "pleated": (6, 2.2)}.get(fit, (5, 2.4))
    sketch.cloth(_panel(top, bottom, waist, hem, hip, waves, depth))
    if fit == "pleated":
        for step in range(-5, 6):
            sketch.seam([to(step * waist / 6, top + 3), to(step * hem / 6, bottom - 0.5)], strength=0.5, width=1)
    elif fit == "tiered":
        tiers = 3 if length > 45 else 2
        for tier in range(tiers, 0, -1):
            share, low = tier / tiers, top + length * tier / tiers
            wide = waist + (hem - waist) * share
            sketch.cloth(_panel(top, low, waist, wide, (waist + wide) / 2, 4 + tier, 2.0), tone=0.05 * (tier - 1))
            for step in range(-3, 4):
                sketch.seam(
                    [
                        to(step * wide / 4, low - length / tiers * 0.9),
                        to(step * wide / 3.7, low - length / tiers * 0.3),
                    ],
                    strength=0.2,
                )
    elif fit == "A-line":
        for place in (-0.62, -0.2, 0.25, 0.6):
            sketch.seam(
                [
                    to(place * hem, bottom),
                    via(place * hem * 0.8, top + length * 0.6),
                    to(place * waist * 0.9, top + length * 0.25),
                ],
                strength=0.22,
                width=1.2,
            )
    for side, name in zip(SIDES, ("left", "right"), strict=True):
        sketch.mark(f"{name} waistline", side * waist, top)
        sketch.mark(f"{name} hem", side * hem, bottom)
    return hem


def button_row(sketch: Sketch, top: float, bottom: float) -> None:
    sketch.seam([to(-2, top), to(-2, bottom)], strength=0.45)
    for step in range(int((bottom - top) / 7.5)):
        sketch.button(0, top + 4 + 7.5 * step, 1.3)


def draw_skirt(sketch: Sketch) -> None:
    item = sketch.item
    top = -38.0
    low, high = {"mini": (-2, 6), "midi": (14, 24), "maxi": (38, 45)}[item.attributes["length"]]
    waist, bottom = item.measure("waist", 13.5, 16.5), item.measure("bottom", low, high)
    if item.is_("length", "mini"):
        waist *= 1.15
    hem = skirt_part(sketch, top, bottom, waist, item.attributes["fit"])
    if item.is_("detail", "row of buttons"):
        button_row(sketch, top + 4, bottom)
    elif item.is_("detail", "hem stripe"):
        width, inset = item.measure("stripe", 2, 4), item.measure("inset", 4, 8)
        share = 1 - inset / (bottom - top)
        wide = (waist + (hem - waist) * share) * 0.97
        sketch.band(
            [to(-wide, bottom - inset - 1), via(0, bottom - inset + 1), to(wide, bottom - inset - 1)],
            width,
            item.second,
        )
    band = symmetric(
        [
            to(0, top - 0.6),
            to(waist, top - 1),
            to(waist + 0.6, top + 4),
            via(waist * 0.5, top + 5),
            to(0, top + 5),
        ]
    )
    sketch.trim(band)
    if item.is_("detail", "belt"):
        belt(sketch, waist + 0.8, top - 0.4)
    else:
        sketch.button(waist - 4, top + 2, 1.0)
