"""Light: what makes a flat drawing look like cloth on a ground, photographed.

Shape legend: S side of the picture, H = S / 2: light changes slowly, so that half the pixels will do.
"""

from __future__ import annotations

import math
from random import Random

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageFilter

from fsim_plugins.garments.sketch import SIZE
from fsim_plugins.garments.view import View

FloatArray = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]

HALF = SIZE // 2
GLOSS = {"leather": 1.6, "rubber": 1.7, "silk": 1.5, "quilted": 1.4, "fleece": 0.8}
GLARE = 18  # what a surface throws back whatever its colour, so that folds are seen on black, too
ROWS, COLUMNS = np.mgrid[-1 : 1 : HALF * 1j, -1 : 1 : HALF * 1j].astype(np.float32)  # -1 to 1 over the picture
FILM = np.random.default_rng(0).normal(0, 1, (2 * SIZE, 2 * SIZE)).astype(np.float32)  # its grain


def develop(pixels: FloatArray, garment: Mask, material: str, view: View) -> npt.NDArray[np.uint8]:
    """The scene photographed under a lamp, from flat colours: [3, S, S] -> [S, S, 3].

    Args:
        garment: where it is seen, [S, S].
    """
    random = view.random("light")
    height, light = _blurred(garment), lamp(random)  # [H, H]
    folds = GLOSS.get(material, 1.0) * relief(height, view.random("relief"))
    on_cloth = _enlarged(light * (1 + np.clip(folds, -0.42, 0.36)))
    gain = np.where(garment, on_cloth, _enlarged(light * (1 + shadow(height, view.random("shadow")))))
    row, column = random.randrange(SIZE), random.randrange(SIZE)  # which part of the film
    grain = random.uniform(0, 4) * FILM[row : row + SIZE, column : column + SIZE] - GLARE
    for channel in pixels:
        channel += GLARE
        channel *= gain * random.uniform(0.9, 1.1)
        channel += grain
    return np.ascontiguousarray(np.clip(pixels, 0, 255, out=pixels).astype(np.uint8).transpose(1, 2, 0))


def _blurred(mask: Mask) -> FloatArray:
    """How far inside the mask a place is, softly: [S, S] -> [H, H], 0 to 1."""
    image = Image.fromarray(mask[::2, ::2].astype(np.uint8) * 255)
    image = image.filter(ImageFilter.BoxBlur(2.5)).filter(ImageFilter.BoxBlur(1.5))
    return np.asarray(image, dtype=np.float32) / 255


def _enlarged(field: FloatArray) -> FloatArray:
    """[H, H] -> [S, S]"""
    return np.asarray(Image.fromarray(field).resize((SIZE, SIZE), Image.Resampling.BILINEAR))


def relief(height: FloatArray, random: Random) -> FloatArray:
    """The garment's roundness and its folds, lit from above, more or less: [H, H], 0 for flat cloth."""
    turn = random.uniform(0.15, 0.85) * math.pi
    slope_y, slope_x = np.gradient(height)
    shade = 1.3 * (math.cos(turn) * slope_x + math.sin(turn) * slope_y) + 0.35 * (height - 1)
    for _ in range(3):
        shade += _fold(random)
    return shade


def _fold(random: Random) -> FloatArray:
    """Waves of light and dark along a line, fading away from their middle: [H, H]."""
    turn, x, y = random.uniform(-0.6, 0.6), random.uniform(-0.5, 0.5), random.uniform(-0.6, 0.6)
    across = math.cos(turn) * (COLUMNS - x) + math.sin(turn) * (ROWS - y)
    along = math.cos(turn) * (ROWS - y) - math.sin(turn) * (COLUMNS - x)
    waves = np.sin(across * random.uniform(9, 17) + along * random.uniform(-2, 2))
    return random.uniform(0.05, 0.13) * waves * np.exp(-4 * across * across - 2.2 * along * along)


def shadow(height: FloatArray, random: Random) -> FloatArray:
    """The soft shadow of the garment on what lies behind it: [H, H], negative."""
    across, down = random.randint(-3, 3), random.randint(0, 3)
    left, right = max(across, 0), min(across, 0)
    fallen = np.zeros_like(height)
    fallen[down:, left : HALF + right] = height[: HALF - down, -right : HALF - left]
    return -random.uniform(0.3, 0.55) * fallen


def lamp(random: Random) -> FloatArray:
    """Brighter on one side of the picture than on the other: [H, H], around 0.9."""
    turn, strength = random.uniform(0, 2 * math.pi), random.uniform(0, 0.35)
    return random.uniform(0.66, 1.15) * (1 + strength * (math.cos(turn) * COLUMNS + math.sin(turn) * ROWS))
