"""Mean and standard deviation of the channels of any number of pixels, exact and in one pass.

Pixels are integers of 0 to 255, so their sum and the sum of their squares are integers too: they are added without
rounding, in any order and in any number of parts, and divided once at the end.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from fsim.images.image_cache import CachedImages
    from fsim.interfaces import IntArray

CHANNELS = 3
ROWS_AT_ONCE = 2**16  # 2^16 squares of 255 still fit into 32 bits
VALUES_AT_ONCE = 2**20  # stay in the processor's cache
IMAGES_AT_ONCE = 256


@dataclass(frozen=True)
class ChannelSums:
    """The number of some pixels, and the sums of their red, green and blue values and of the squares."""

    pixels: int = 0
    sums: tuple[int, ...] = (0,) * CHANNELS
    squares: tuple[int, ...] = (0,) * CHANNELS

    def __add__(self, other: ChannelSums) -> ChannelSums:
        return ChannelSums(
            self.pixels + other.pixels,
            tuple(one + more for one, more in zip(self.sums, other.sums, strict=True)),
            tuple(one + more for one, more in zip(self.squares, other.squares, strict=True)),
        )

    @property
    def mean(self) -> list[float]:
        """Of each channel, on the scale of 0 to 1; there must be pixels."""
        return [float(Fraction(total, 255 * self.pixels)) for total in self.sums]

    @property
    def std(self) -> list[float]:
        """Population standard deviation of each channel, sqrt(E[x^2] - E[x]^2), on the scale of 0 to 1."""
        variances = [
            Fraction(self.pixels * square - total**2, (255 * self.pixels) ** 2)
            for total, square in zip(self.sums, self.squares, strict=True)
        ]
        return [math.sqrt(variance) for variance in variances]


def channel_sums(pixels: npt.NDArray[np.uint8]) -> ChannelSums:
    """Sum over uint8 [..., W, 3]."""
    rows = pixels.reshape(-1, pixels.shape[-2] * CHANNELS)  # [R, W * 3]: a row at a time, many times faster than [., 3]
    step = min(ROWS_AT_ONCE, max(1, VALUES_AT_ONCE // rows.shape[1]))
    whole = ChannelSums()
    for start in range(0, len(rows), step):
        part = rows[start : start + step]
        squares = part.astype(np.uint16)
        squares *= squares
        whole += ChannelSums(part.size // CHANNELS, _of_channels(part), _of_channels(squares))
    return whole


def _of_channels(rows: npt.NDArray[np.uint8] | npt.NDArray[np.uint16]) -> tuple[int, ...]:
    columns = rows.sum(axis=0, dtype=np.uint32).reshape(-1, CHANNELS)  # [W, 3]
    return tuple(int(total) for total in columns.sum(axis=0, dtype=np.uint64))


def cached_channel_sums(images: CachedImages, rows: IntArray) -> ChannelSums:
    """Sum over some images of a cache, as the network sees them before they are normalised."""
    return sum(_of_images(images, rows), start=ChannelSums())


def _of_images(images: CachedImages, rows: IntArray) -> Iterator[ChannelSums]:
    for start in range(0, len(rows), IMAGES_AT_ONCE):
        chunk = images.gather(rows[start : start + IMAGES_AT_ONCE])  # [B, 3, S, S], channels last in memory
        yield channel_sums(chunk.permute(0, 2, 3, 1).numpy())
