"""A picture: an item in one view, laid out in its fabric, lit, on its background.

Shape legend: S side of the picture, N pixels that show cloth.
"""

from __future__ import annotations

import io
import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import resvg_py
from PIL import Image

from fsim_plugins.garments.background import background, cover
from fsim_plugins.garments.drawing import DRAW
from fsim_plugins.garments.fabric import Fabric
from fsim_plugins.garments.light import develop
from fsim_plugins.garments.outline import Landmark
from fsim_plugins.garments.sketch import COVER, GRAIN, NOTHING, SIZE, Sketch
from fsim_plugins.garments.view import View
from fsim_plugins.garments.wardrobe import Item

FloatArray = npt.NDArray[np.float32]
Pixels = npt.NDArray[np.uint8]

ROWS, COLUMNS = np.mgrid[0:SIZE, 0:SIZE].astype(np.float32) + np.float32(0.5)  # centres of the pixels


@dataclass(frozen=True)
class Picture:
    """What a view shows.

    Attributes:
        pixels: [S, S, 3].
        box: (x1, y1, x2, y2) around the visible part of the garment, x2 and y2 excluded.
        landmarks: by name.
    """

    pixels: Pixels
    box: tuple[int, int, int, int]
    landmarks: dict[str, Landmark]


def take_picture(item: Item, fabric: Fabric, view: View) -> Picture:
    """The item, made of `fabric`, in `view`."""
    sketch = Sketch(item, view.pose, view.place)
    DRAW[item.category](sketch)
    in_the_way = cover(view.random("cover"))
    if in_the_way:
        sketch.cover(*in_the_way)
    plan = np.asarray(sketch.plan)  # [S, S]
    covered = plan == COVER
    garment = (plan != NOTHING) & ~covered
    pixels = _render([background(view.random("background")), *sketch.drawing])
    _lay_fabric(pixels, plan, sketch, fabric, view)
    photograph = develop(pixels, garment, fabric.material, view)
    return Picture(photograph, _box(garment), _landmarks(sketch, covered))


def _render(elements: list[str]) -> FloatArray:
    """An SVG drawing in pixels: [3, S, S], 0 to 255."""
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {SIZE} {SIZE}">{"".join(elements)}</svg>'
    png = resvg_py.svg_to_bytes(svg_string=svg, width=SIZE, skip_system_fonts=True)
    pixels = np.asarray(Image.open(io.BytesIO(png)))  # [S, S, 4]
    return np.ascontiguousarray(pixels[..., :3].transpose(2, 0, 1)).astype(np.float32)


def _lay_fabric(pixels: FloatArray, plan: Pixels, sketch: Sketch, fabric: Fabric, view: View) -> None:
    """Put the fabric where the sketch has plain cloth; edges and seams stay, as shades of it."""
    cloth = np.flatnonzero((plan >= GRAIN) & (plan != COVER))  # [N]
    x, y = view.frame(COLUMNS.take(cloth), ROWS.take(cloth))  # [N], [N]
    if len(sketch.grains) > 1:
        grains = [(grain.x, grain.y, math.cos(grain.turn), math.sin(grain.turn)) for grain in sketch.grains]
        numbers = plan.take(cloth) - GRAIN
        middle_x, middle_y, cosine, sine = np.array(grains, dtype=np.float32).T.take(numbers, 1)  # [N] each
        x, y = x - middle_x, y - middle_y
        x, y = cosine * x + sine * y + middle_x, cosine * y - sine * x + middle_y
    change: FloatArray = 11 * fabric.weave(x, y)  # [N]
    if fabric.tile.size > 3:
        change = change + fabric.colours(x, y) - np.asarray(sketch.item.colour, dtype=np.float32)[:, None]  # [3, N]
    pixels.reshape(3, -1)[:, cloth] += change


def _box(garment: npt.NDArray[np.bool_]) -> tuple[int, int, int, int]:
    rows, columns = np.flatnonzero(garment.any(axis=1)), np.flatnonzero(garment.any(axis=0))
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


def _landmarks(sketch: Sketch, covered: npt.NDArray[np.bool_]) -> dict[str, Landmark]:
    found = {}
    for name, (x, y) in sketch.landmarks.items():
        column, row = math.floor(x), math.floor(y)
        inside = 0 <= column < SIZE and 0 <= row < SIZE
        found[name] = (column, row, int(covered[row, column])) if inside else (0, 0, 2)
    return found
