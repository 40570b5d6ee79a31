"""A region of an image, made a square of `size` pixels.

Shape legend: H, W height and width of the upright image; h, w of it as decoded; S side of the square.
"""

from __future__ import annotations

import math
import sys
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

from fsim.images.resample import resample_by_numpy

if TYPE_CHECKING:
    import numpy.typing as npt

    Pixels = npt.NDArray[np.uint8]

Resize = Literal["squash", "pad", "crop"]
Box = tuple[float, float, float, float]  # x1, y1, x2, y2 in pixels of the whole upright image

OVERSAMPLING = 2  # an image decoded at this many times its final size differs little from one decoded in full
WHITE = 255


class DamagedImageError(Exception):
    """An image that can't be used. The message is the cause, in a few words."""


class Square(NamedTuple):
    """How an image becomes a square.

    size    S, in pixels
    resize  squash: both sides to S, whatever the shape was
            pad: the longer side to S, the shape kept, the rest of the square white
            crop: the shorter side to S, the shape kept, the middle of the longer side taken
    box     the part of the image to use, as far as it lies within the image; None for the whole
    """

    size: int
    resize: Resize
    box: Box | None

    def least_decoded(self, height: int, width: int) -> tuple[int, int]:
        """(h, w) that an image of H x W must be decoded at, at least, so that the square loses nothing."""
        x1, y1, x2, y2 = self._region(height, width)
        inner_height, inner_width = self._inner(y2 - y1, x2 - x1)
        return (
            math.ceil(OVERSAMPLING * inner_height * height / (y2 - y1)),
            math.ceil(OVERSAMPLING * inner_width * width / (x2 - x1)),
        )

    def cut(self, pixels: Pixels, height: int, width: int) -> Pixels:
        """uint8 [h, w, 3], the whole of an image that was H x W before it was decoded -> [S, S, 3]."""
        x1, y1, x2, y2 = self._region(height, width)
        inner_height, inner_width = self._inner(y2 - y1, x2 - x1)
        inner = resample(cut_out(pixels, (x1, y1, x2, y2), height, width), inner_height, inner_width)
        if inner.shape[:2] == (self.size, self.size):
            return inner
        square = np.full((self.size, self.size, 3), WHITE, np.uint8)
        top, left = (self.size - inner_height) // 2, (self.size - inner_width) // 2
        square[top : top + inner_height, left : left + inner_width] = inner
        return square

    def _region(self, height: int, width: int) -> Box:
        """The part of the upright image that fills the square (or, padded, its inner part)."""
        x1, y1, x2, y2 = inside(self.box, height, width)
        if self.resize == "crop":
            side = min(x2 - x1, y2 - y1)
            x1, y1 = x1 + (x2 - x1 - side) / 2, y1 + (y2 - y1 - side) / 2
            x2, y2 = x1 + side, y1 + side
        return x1, y1, x2, y2

    def _inner(self, height: float, width: float) -> tuple[int, int]:
        """Height and width, within the square, of a region of this height and width."""
        if self.resize != "pad":
            return self.size, self.size
        scale = self.size / max(height, width)
        return max(1, round(height * scale)), max(1, round(width * scale))


def inside(box: Box | None, height: int, width: int) -> Box:
    """The part of a box that lies within an image of H x W; the whole image where there is no box.

    Raises:
        DamagedImageError: it holds no pixel.
    """
    x1, y1, x2, y2 = 0.0, 0.0, float(width), float(height)
    if box is not None:
        try:
            left, top, right, bottom = (float(edge) for edge in box)
        except (TypeError, ValueError):
            raise DamagedImageError("box is not (x1, y1, x2, y2)") from None
        x1, y1, x2, y2 = max(x1, left), max(y1, top), min(x2, right), min(y2, bottom)
        if x2 - x1 < 1 or y2 - y1 < 1 or math.isnan(left + top + right + bottom):
            raise DamagedImageError(f"box holds no pixel of the image of {width} x {height}")
    return x1, y1, x2, y2


BEYOND = 1.0  # pixels that rounding may leave a box beyond its image


def pixels_beyond(box: Box | None, height: int, width: int) -> float:
    """How far a box reaches beyond an image of H x W, at the edge where it is farthest; 0 where it lies within."""
    if box is None:
        return 0.0
    x1, y1, x2, y2 = box
    return max(0.0, -x1, -y1, x2 - width, y2 - height)


def cut_out(pixels: Pixels, region: Box, height: int, width: int) -> Pixels:
    """A region of an image of H x W, from its pixels uint8 [h, w, 3]; at least one of them."""
    x1, y1, x2, y2 = region
    return pixels[_within(y1, y2, height, pixels.shape[0]), _within(x1, x2, width, pixels.shape[1])]


def resample(pixels: Pixels, height: int, width: int) -> Pixels:
    """uint8 [h, w, 3] -> [height, width, 3], bilinear with antialiasing: Pillow's BILINEAR, give or take 2.

    torch takes a third of Pillow's time. Where nobody has imported it, as beside an exported model, the same pixels
    come from numpy, which takes longer.
    """
    if pixels.shape[:2] == (height, width):
        return pixels.copy()
    if "torch" not in sys.modules:
        return resample_by_numpy(pixels, height, width)
    import torch
    from torch.nn import functional as F

    writeable = np.require(pixels, requirements=["C", "W"])  # what torch takes; a copy only where it must be
    image = torch.from_numpy(writeable).permute(2, 0, 1)[None]  # [1, 3, h, w]
    resized = F.interpolate(image, (height, width), mode="bilinear", antialias=True)
    square: Pixels = resized[0].permute(1, 2, 0).numpy()
    return square


def _within(start: float, end: float, full: int, decoded: int) -> slice:
    """The pixels from `start` to `end` of a side of `full` pixels decoded as `decoded`; at least one."""
    first = min(round(start * decoded / full), decoded - 1)
    return slice(first, max(round(end * decoded / full), first + 1))
