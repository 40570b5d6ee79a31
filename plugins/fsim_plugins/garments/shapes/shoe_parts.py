"""What all kinds of shoe have in common."""

from __future__ import annotations

from fsim_plugins.garments.outline import box, star, to, via
from fsim_plugins.garments.palette import BRASS, RGB
from fsim_plugins.garments.sketch import Sketch

RUBBER: RGB = (240, 238, 230)


def sole_colour(sketch: Sketch) -> RGB:
    """White, gum, black or the second colour, as the item has it."""
    choice = int(sketch.item.measure("sole colour", 0, 4))
    return (RUBBER, (196, 148, 96), (52, 46, 46), sketch.item.second)[choice]


def laces(sketch: Sketch, start: tuple[float, float], end: tuple[float, float], rows: int, colour: RGB) -> None:
    """Rows of laces between two points of the instep."""
    for row in range(rows):
        share = row / (rows - 1)
        x, y = start[0] + (end[0] - start[0]) * share, start[1] + (end[1] - start[1]) * share
        sketch.band([to(x - 4.5, y + 2.6), to(x + 2.2, y - 1.2)], 1.5, colour)


def shoe_details(sketch: Sketch, x: float, y: float) -> None:
    """What sits on the side of the shoe, around (x, y)."""
    item, detail = sketch.item, sketch.item.attributes["detail"]
    if detail == "side stripes":
        for step in range(2 + (item.measure("stripes", 0, 1) < 0.6)):
            sketch.band(
                [to(x - 7 + 6 * step, y + 6), to(x - 2.5 + 6 * step, y - 6)],
                item.measure("stripe", 1.8, 3),
                item.second,
            )
    elif detail == "star":
        sketch.trim(star(x, y, item.measure("star", 5, 7)), item.second)
    elif detail == "buckle":
        sketch.band([to(x - 10, y - 5), via(x, y - 2), to(x + 11, y - 6)], 3.2, item.second)
        sketch.trim(box(x - 2.5, y - 6, x + 3, y - 0.6, 1), BRASS)
