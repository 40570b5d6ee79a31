"""Fabrics: the printed or woven pattern of an item as a tile that repeats, and the weave of its material."""

from __future__ import annotations

import io
import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import resvg_py
from PIL import Image

from fsim_plugins.garments.palette import hex_code
from fsim_plugins.garments.patterns import PATTERN_TILES
from fsim_plugins.garments.wardrobe import Item

FloatArray = npt.NDArray[np.float32]

# How far, at most, an item's pattern is turned against the grain, in degrees.
SLANTS = {
    "striped": 4,
    "dotted": 45,
    "checked": 8,
    "argyle": 3,
    "floral": 90,
    "starry": 40,
    "leafy": 90,
    "leopard-print": 40,
    "camouflage": 90,
}
PIXELS_PER_UNIT = 1.25  # of a tile: enough, as a garment is seldom shown at more than 1.1 pixels a unit


@dataclass(frozen=True)
class Fabric:
    """A pattern to lay on cloth.

    Attributes:
        tile: [3, T, T], 0 to 255.
        size: side of the tile in units of the garment's frame.
        turn: how the pattern lies on the cloth, in radians.
        material: its weave is added, see `weave`.
    """

    tile: FloatArray
    size: float
    turn: float
    material: str

    def colours(self, across: FloatArray, along: FloatArray) -> FloatArray:
        """The fabric at N places of the cloth, [N] and [N] in units: [3, N], between the tile's pixels linearly."""
        side = self.tile.shape[-1]
        cosine, sine = math.cos(self.turn) * side / self.size, math.sin(self.turn) * side / self.size
        x = (cosine * across + sine * along + side / 2) % side
        y = (cosine * along - sine * across + side / 2) % side
        left, top = x.astype(np.int32), y.astype(np.int32)
        x, y = x - left, y - top  # [N] shares of the right and the lower pixel
        left, top = left % side, top % side * side
        right, low = (left + 1) % side, (top + side) % (side * side)
        pixels = self.tile.reshape(3, -1)
        upper = pixels.take(top + left, 1) * (1 - x) + pixels.take(top + right, 1) * x  # [3, N]
        lower = pixels.take(low + left, 1) * (1 - x) + pixels.take(low + right, 1) * x
        return upper * (1 - y) + lower * y

    def weave(self, across: FloatArray, along: FloatArray) -> FloatArray:
        """How much lighter or darker the material's threads make N places of the cloth: [N], about -1 to 1."""
        wave = WEAVES.get(self.material)
        return np.zeros_like(across) if wave is None else wave(across, along)


def _puffs(across: FloatArray, along: FloatArray) -> FloatArray:
    return 2.2 * np.abs(np.sin(along * (math.pi / 11))) - 1.4


WEAVES: dict[str, Callable[[FloatArray, FloatArray], FloatArray]] = {
    "knitted": lambda u, v: np.sin(u * 2.2) * (0.6 + 0.4 * np.sin(v * 1.9)),
    "woollen": lambda u, v: 0.55 * np.sin(u * 1.7 + 2 * np.sin(v * 0.9)) * np.sin(v * 1.3 + 2 * np.sin(u * 0.7)),
    "denim": lambda u, v: 0.45 * np.sin((u + v) * 2.1) + 0.25 * np.sin(u * 0.35) * np.sin(v * 0.12),
    "corduroy": lambda u, v: 0.8 * np.sin(u * 2.0),
    "linen": lambda u, v: 0.3 * np.sin(u * 2.3) + 0.3 * np.sin(v * 2.5),
    "flannel": lambda u, v: 0.25 * np.sin(u * 1.9 + v * 1.1),
    "straw": lambda u, v: 0.6 * np.sin(u * 1.6) * np.sin(v * 1.6),
    "canvas": lambda u, v: 0.3 * np.sin(u * 2.4) * np.sin(v * 2.4),
    "quilted": _puffs,
}


def make_fabric(item: Item) -> Fabric:
    """The fabric of an item."""
    pattern = item.attributes["pattern"]
    size, draw = PATTERN_TILES[pattern](item)
    body = f'<rect width="{size}" height="{size}" fill="{hex_code(item.colour)}"/>{draw}'
    pixels = max(4, round(size * PIXELS_PER_UNIT)) if pattern != "plain" else 1
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size} {size}">{body}</svg>'
    png = resvg_py.svg_to_bytes(svg_string=svg, width=pixels, height=pixels, skip_system_fonts=True)
    tile = np.asarray(Image.open(io.BytesIO(png)).convert("RGB")).transpose(2, 0, 1).astype(np.float32, order="C")
    slant = item.measure("slant", -1, 1)
    turn = math.radians(slant * SLANTS.get(pattern, 0))
    return Fabric(tile, size, turn, item.attributes["material"])
