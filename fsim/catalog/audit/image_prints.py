"""Take a print of every image of a catalog: a hash of its pixels and a thumbnail."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from fsim.functional.pictures.same_picture import THUMBNAIL
from fsim.images.each_image import each_image
from fsim.images.resize import Box, DamagedImageError, Square, cut_out, inside, pixels_beyond

if TYPE_CHECKING:
    from fsim.images.resample import Pixels
    from fsim.interfaces import Catalog, IntArray

HASH_BYTES = 16


@dataclass(frozen=True)
class ImagePrints:
    """The prints of N images, each of the part in its box; zeros where one is damaged. 3 KB an image.

    thumbnails  uint8 [N, T, T, 3], that part squashed to T = 32
    hashes      [N] of its pixels and shape as decoded, upright: alike for copies with other metadata, file names or
                lossless formats
    widths, heights  int64 [N], its size in pixels
    beyond      float64 [N], how many pixels the box reaches beyond the picture, which cuts it
    damaged     row -> cause
    """

    thumbnails: npt.NDArray[np.uint8]
    hashes: list[bytes]
    widths: IntArray
    heights: IntArray
    beyond: npt.NDArray[np.float64]
    damaged: dict[int, str]

    @property
    def usable(self) -> IntArray:
        """Rows of the images that are not damaged, ascending."""
        return np.flatnonzero(self.widths > 0)


@dataclass(frozen=True)
class _Print:
    thumbnail: Pixels
    hash: bytes
    width: int
    height: int
    beyond: float


@dataclass(frozen=True)
class _TakePrint:
    """A `fsim.images.decode.Use`. All pixels are decoded, because all of them are hashed."""

    box: Box | None

    def least_decoded(self, height: int, width: int) -> tuple[int, int]:
        return height, width

    def cut(self, pixels: Pixels, height: int, width: int) -> _Print:
        part = np.ascontiguousarray(cut_out(pixels, inside(self.box, height, width), height, width))
        digest = hashlib.blake2b(part.data, digest_size=HASH_BYTES, salt=b"%d" % part.shape[1])
        thumbnail = Square(THUMBNAIL, "squash", None).cut(part, *part.shape[:2])
        return _Print(thumbnail, digest.digest(), part.shape[1], part.shape[0], pixels_beyond(self.box, height, width))


def print_images(catalog: Catalog, progress: Callable[[int, int], None] | None = None) -> ImagePrints:
    """Take the prints of every image of a catalog; `progress` is called with (images done, all images)."""
    count = len(catalog.frame)
    thumbnails = np.zeros((count, THUMBNAIL, THUMBNAIL, 3), np.uint8)
    hashes = [b""] * count
    widths, heights = (np.zeros(count, np.int64) for _ in range(2))
    beyond = np.zeros(count)
    damaged: dict[int, str] = {}
    for row, one in enumerate(each_image(catalog, _TakePrint, progress)):
        if isinstance(one, DamagedImageError):
            damaged[row] = str(one)
        else:
            thumbnails[row], hashes[row] = one.thumbnail, one.hash
            widths[row], heights[row], beyond[row] = one.width, one.height, one.beyond
    return ImagePrints(thumbnails, hashes, widths, heights, beyond, damaged)
