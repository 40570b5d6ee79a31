"""All images of a catalog, decoded once and looked at: their sizes and the sums of their pixels. No picture is kept."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from fsim.channel_statistics import CHANNELS, ChannelSums, channel_sums
from fsim.decode import decode_for, read_image
from fsim.image_cache_build import BLOCK_ROWS, available_processors, in_order
from fsim.resize import Box, DamagedImageError, Square, cut_out, inside

if TYPE_CHECKING:
    from fsim.interfaces import Catalog, IntArray
    from fsim.resize import Pixels


@dataclass(frozen=True)
class ImageSurvey:
    """What was seen of N images; zeros where one is damaged.

    widths, heights  int64 [N], of the upright picture, before it is cut by its box
    covered          float64 [N], the share of the picture that its box covers; 1 without a box
    pixels           int64 [N], how many were summed
    sums, squares    int64 [N, 3], of their values and of the squares of these
    damaged          row -> cause
    """

    widths: IntArray
    heights: IntArray
    covered: npt.NDArray[np.float64]
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
    channels: ChannelSums


@dataclass(frozen=True)
class _Look:
    """A `fsim.decode.Use`: sums the pixels within the box, all of them, or those of the square that it becomes."""

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
        return _Seen(width, height, (x2 - x1) * (y2 - y1) / (width * height), channel_sums(part))

    def _square(self, size: int) -> Square:
        return Square(size, "squash", self.box)


def survey_images(
    catalog: Catalog, size: int | None = None, progress: Callable[[int, int], None] | None = None
) -> ImageSurvey:
    """Look at every image of a catalog, with as many threads as there are processors.

    Args:
        catalog: Whose images.
        size: Sum the pixels of the square of this side that a picture is squashed to; all its own pixels for None.
        progress: Called with (images done, all images).
    """
    images, boxes = catalog.frame["image"].to_list(), catalog.frame["box"].to_list()

    def look(rows: range) -> list[_Seen | str]:
        return [_look(row) for row in rows]

    def _look(row: int) -> _Seen | str:
        try:
            source = read_image(catalog.root / images[row]) if catalog.pixels is None else catalog.pixels[row]
            return decode_for(_Look(boxes[row], size), source)
        except DamagedImageError as cause:
            return str(cause)

    count = len(images)
    widths, heights, pixels = (np.zeros(count, np.int64) for _ in range(3))
    sums, squares = (np.zeros((count, CHANNELS), np.int64) for _ in range(2))
    covered = np.zeros(count)
    damaged: dict[int, str] = {}
    blocks = [range(start, min(start + BLOCK_ROWS, count)) for start in range(0, count, BLOCK_ROWS)]
    workers = available_processors()
    # Threads are enough: decoding and summing release the GIL.
    with warnings.catch_warnings(), ThreadPoolExecutor(workers) as pool:
        warnings.filterwarnings("ignore", module="PIL")  # of large images and odd metadata: decoded or named as damaged
        for rows, seen in zip(blocks, in_order(pool, look, blocks, 2 * workers), strict=True):
            for row, one in zip(rows, seen, strict=True):
                if isinstance(one, str):
                    damaged[row] = one
                    continue
                widths[row], heights[row], covered[row] = one.width, one.height, one.covered
                pixels[row], sums[row], squares[row] = one.channels.pixels, one.channels.sums, one.channels.squares
            if progress is not None:
                progress(rows.stop, count)
    return ImageSurvey(widths, heights, covered, pixels, sums, squares, damaged)
