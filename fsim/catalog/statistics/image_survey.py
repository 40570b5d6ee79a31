"""Decode all images of a catalog once, and record their sizes and the sums of their pixels. No picture is kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from fsim.catalog.statistics.channel_statistics import CHANNELS, ChannelSums, channel_sums
from fsim.images.each_image import each_image
from fsim.images.resize import Box, DamagedImageError, Square, cut_out, inside, pixels_beyond

if TYPE_CHECKING:
    from fsim.images.resample import Pixels
    from fsim.interfaces import Catalog, IntArray


@dataclass(frozen=True)
class ImageSurvey:
    """Sizes and channel sums of N images; zeros where one is damaged.

    widths, heights  int64 [N], of the upright picture, before it is cut by its box
    covered          float64 [N], the share of the picture that its box covers; 1 without a box
    beyond           float64 [N], how many pixels the box reaches beyond the picture, which cuts it
    pixels           int64 [N], how many were summed
    sums, squares    int64 [N, 3], of their values and of the squares of these
    damaged          row -> cause
    """

    widths: IntArray
    heights: IntArray
    covered: npt.NDArray[np.float64]
    beyond: npt.NDArray[np.float64]
    pixels: IntArray
    sums: IntArray
    squares: IntArray
    damaged: dict[int, str]

    @property
    def usable(self) -> npt.NDArray[np.bool_]:
        """[N], False for damaged images."""
        return self.pixels > 0

    def channels(self, rows: IntArray) -> ChannelSums:
        """The sums over some images."""
        sums, squares = self.sums[rows].sum(axis=0), self.squares[rows].sum(axis=0)
        return ChannelSums(int(self.pixels[rows].sum()), tuple(map(int, sums)), tuple(map(int, squares)))


@dataclass(frozen=True)
class _Seen:
    width: int
    height: int
    covered: float
    beyond: float
    channels: ChannelSums


@dataclass(frozen=True)
class _Look:
    """A `fsim.images.decode.Use`: sums the pixels within the box, or those of the square that it becomes."""

    box: Box | None
    size: int | None

    def least_decoded(self, height: int, width: int) -> tuple[int, int]:
        return (height, width) if self.size is None else self._square(self.size).least_decoded(height, width)

    def cut(self, pixels: Pixels, height: int, width: int) -> _Seen:
        x1, y1, x2, y2 = region = inside(self.box, height, width)
        if self.size is None:
            part = cut_out(pixels, region, height, width)
        else:
            part = self._square(self.size).cut(pixels, height, width)
        covered = (x2 - x1) * (y2 - y1) / (width * height)
        return _Seen(width, height, covered, pixels_beyond(self.box, height, width), channel_sums(part))

    def _square(self, size: int) -> Square:
        return Square(size, "squash", self.box)


def survey_images(
    catalog: Catalog, size: int | None = None, progress: Callable[[int, int], None] | None = None
) -> ImageSurvey:
    """Decode every image of a catalog, and record its size and sums.

    Args:
        catalog: Whose images.
        size: Sum the pixels of the square of this side that a picture is squashed to; all its own pixels for None.
        progress: Called with (images done, all images).
    """
    count = len(catalog.frame)
    widths, heights, pixels = (np.zeros(count, np.int64) for _ in range(3))
    sums, squares = (np.zeros((count, CHANNELS), np.int64) for _ in range(2))
    covered, beyond = np.zeros(count), np.zeros(count)
    damaged: dict[int, str] = {}
    for row, one in enumerate(each_image(catalog, lambda box: _Look(box, size), progress)):
        if isinstance(one, DamagedImageError):
            damaged[row] = str(one)
            continue
        widths[row], heights[row], covered[row], beyond[row] = one.width, one.height, one.covered, one.beyond
        pixels[row], sums[row], squares[row] = one.channels.pixels, one.channels.sums, one.channels.squares
    return ImageSurvey(widths, heights, covered, beyond, pixels, sums, squares, damaged)
