"""A picture: the sketch of an item in one view, laid out in its fabric, lit, on its background.

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
from fsim_plugins.garments.fabric import Fabric
from fsim_plugins.garments.light import develop
from fsim_plugins.garments.palette import COLOURS, hex_code
from fsim_plugins.garments.sketch import COVER_CODE, GRAIN_STEP, Sketch
from fsim_plugins.garments.view import SIZE, View

FloatArray = npt.NDArray[np.float32]
UINT8 = npt.NDArray[np.uint8]

ROWS, COLUMNS = np.mgrid[0:SIZE, 0:SIZE].astype(np.float32) + np.float32(0.5)  # centres of the pixels


@dataclass(frozen=True)
class Picture:
    """What a view shows.

    Attributes:
        pixels: [S, S, 3].
        box: (x1, y1, x2, y2) around the visible part of the garment, x2 and y2 excluded.
        landmarks: name -> (x, y, visibility) with 0 visible, 1 occluded, 2 cut off.
    """

    pixels: UINT8
    box: tuple[int, int, int, int]
    landmarks: dict[str, tuple[int, int, int]]


def render(elements: list[str], crisp: bool = False) -> UINT8:
    """An SVG drawing in pixels: [S, S, 4]. A crisp one has no pixel of mixed colour."""
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {SIZE} {SIZE}">{"".join(elements)}</svg>'
    rendering = "crisp_edges" if crisp else "geometric_precision"
    png = resvg_py.svg_to_bytes(svg_string=svg, width=SIZE, skip_system_fonts=True, shape_rendering=rendering)
    return np.asarray(Image.open(io.BytesIO(png)))


def take_picture(sketch: Sketch, fabric: Fabric, view: View) -> Picture:
    """The finished sketch of an item, seen in `view`."""
    drawing = [background(view.random("background")), *sketch.drawing]
    plan = list(sketch.plan)
    covering = cover(view.random("cover"))
    if covering:
        colour = hex_code(view.random("cover colour").choice(list(COLOURS.values())))
        drawing.append(f'<path d="{covering}" fill="{colour}"/>')
        plan.append(f'<path d="{covering}" fill="{COVER_CODE}"/>')
    pixels = render(drawing)[..., :3].astype(np.float32)
    codes = render(plan, crisp=True)
    covered = codes[..., 2] > 0  # [S, S]
    garment = (codes[..., 3] > 0) & ~covered
    lay_fabric(pixels, codes[..., 0], sketch, fabric, view)
    finished = develop(pixels, garment, covered, fabric.material, view)
    return Picture(finished, _box(garment), _landmarks(sketch, covered))


def lay_fabric(pixels: FloatArray, grain_codes: UINT8, sketch: Sketch, fabric: Fabric, view: View) -> None:
    """Put the fabric where the sketch has plain cloth; edges and seams stay, as shades of it."""
    cloth = np.flatnonzero(grain_codes)  # [N]
    x, y = view.frame(COLUMNS.take(cloth), ROWS.take(cloth))  # [N], [N]
    if len(sketch.grains) > 1:
        numbers = grain_codes.take(cloth) // GRAIN_STEP - 1
        middle_x, middle_y, cosine, sine = np.array(
            [(grain.x, grain.y, math.cos(grain.turn), math.sin(grain.turn)) for grain in sketch.grains], dtype=np.float32
        ).T.take(numbers, 1)  # [N] each
        x, y = x - middle_x, y - middle_y
        x, y = cosine * x + sine * y + middle_x, cosine * y - sine * x + middle_y
    change = 11 * fabric.weave(x, y)[:, None]  # [N, 1]
    if len(fabric.tile) > 1:
        change = change + fabric.colours(x, y) - np.asarray(sketch.item.colour, dtype=np.float32)
    pixels.reshape(-1, 3)[cloth] += change


def _box(garment: npt.NDArray[np.bool_]) -> tuple[int, int, int, int]:
    rows, columns = np.flatnonzero(garment.any(axis=1)), np.flatnonzero(garment.any(axis=0))
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


def _landmarks(sketch: Sketch, covered: npt.NDArray[np.bool_]) -> dict[str, tuple[int, int, int]]:
    found = {}
    for name, (x, y) in sketch.landmarks.items():
        column, row = math.floor(x), math.floor(y)
        inside = 0 <= column < SIZE and 0 <= row < SIZE
        found[name] = (column, row, int(covered[row, column])) if inside else (0, 0, 2)
    return found
