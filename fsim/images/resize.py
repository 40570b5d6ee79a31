"""Resize a region of an image to a square of `size` pixels.

Shape legend: H, W height and width of the upright image; h, w of it as decoded; S side of the square.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from fsim.images.resample import bilinear_by_torch, by_pillow
from fsim.interfaces import Interpolation, Resize

if TYPE_CHECKING:
    from fsim.images.resample import Pixels, Resample

Box = tuple[float, float, float, float]  # x1, y1, x2, y2 in pixels of the whole upright image

OVERSAMPLING = 2  # an image decoded at this many times its final size differs little from one decoded in full
LONGEST = 16  # sides: what is longer is cut before it is resized, or a line of pixels would fill the memory
WHITE = 255


class DamagedImageError(Exception):
    """An image that can't be used. The message is the cause, in a few words."""


class Square(NamedTuple):
    """How an image becomes a square.

    size           S, in pixels
    resize         squash: both sides to S, whatever the shape was
                   pad: the longer side to S, the shape kept, the rest of the square white
                   crop: the shorter side to S, the shape kept, the middle of the longer side taken
    box            the part of the image to use, as far as it lies within the image; None for the whole
    crop_share     None: as above; `crop` cuts the middle out of the image and resizes that alone.
                   Of 0 to 1: resized is to floor(S / share) instead of S, and of the result the middle taken, S x S.
                   That is timm's evaluation transform (`transforms_imagenet_eval` of timm/data/transforms_factory.py)
                   with crop_pct = share, and crop_mode squash, border or center for squash, pad or crop; the last
                   with a share of 1 is torchvision's Resize(S), CenterCrop(S).
    interpolation  bilinear or bicubic, antialiased
    bilinear       resizes where `interpolation` is bilinear and there is no `crop_share`; else Pillow does
    """

    size: int
    resize: Resize = "squash"
    box: Box | None = None
    crop_share: float | None = None
    interpolation: Interpolation = "bilinear"
    bilinear: Resample = bilinear_by_torch

    def least_decoded(self, height: int, width: int) -> tuple[int, int]:
        """Return (h, w): how large an image of H x W must be decoded, at least, so that the square loses nothing."""
        x1, y1, x2, y2 = region = self._region(height, width)
        resized_height, resized_width = self._resized(region, height, width)
        return (
            math.ceil(OVERSAMPLING * resized_height * height / (y2 - y1)),
            math.ceil(OVERSAMPLING * resized_width * width / (x2 - x1)),
        )

    def cut(self, pixels: Pixels, height: int, width: int) -> Pixels:
        """Cut and resize uint8 [h, w, 3], the whole of an image that was H x W before it was decoded -> [S, S, 3]."""
        region = self._region(height, width)
        part = cut_out(pixels, region, height, width)
        size = self._resized(region, height, width)
        if self.interpolation == "bilinear" and self.crop_share is None:
            return _middle(self.bilinear(part, *size), self.size)
        return _middle(by_pillow(part, *size, self.interpolation), self.size)

    def _region(self, height: int, width: int) -> Box:
        """Return the part of the upright image that is resized."""
        x1, y1, x2, y2 = inside(self.box, height, width)
        if self.resize == "crop":
            longest = min(x2 - x1, y2 - y1) * (1 if self.crop_share is None else LONGEST)
            wide, tall = min(x2 - x1, longest), min(y2 - y1, longest)
            x1, y1 = x1 + (x2 - x1 - wide) / 2, y1 + (y2 - y1 - tall) / 2
            return x1, y1, x1 + wide, y1 + tall
        return x1, y1, x2, y2

    def _resized(self, region: Box, height: int, width: int) -> tuple[int, int]:
        """Return the height and width that a region is resized to."""
        x1, y1, x2, y2 = region
        if self.crop_share is None:
            side, tall, wide = self.size, y2 - y1, x2 - x1
        else:
            side = math.floor(self.size / self.crop_share)
            rows, columns = _within(y1, y2, height, height), _within(x1, x2, width, width)
            tall, wide = rows.stop - rows.start, columns.stop - columns.start
        if self.resize == "pad":
            scale = side / max(tall, wide)
            return max(1, round(tall * scale)), max(1, round(wide * scale))
        if self.resize == "squash" or self.crop_share is None:
            return side, side
        return (side, int(side * wide / tall)) if tall <= wide else (int(side * tall / wide), side)


def _middle(pixels: Pixels, size: int) -> Pixels:
    """Return the middle of [h, w, 3] as [size, size, 3], white beyond the pixels."""
    height, width = pixels.shape[:2]
    if (height, width) == (size, size):
        return pixels
    top, left = (max(0, round((side - size) / 2)) for side in (height, width))  # as torchvision's CenterCrop rounds
    pixels = pixels[top : top + size, left : left + size]
    height, width = pixels.shape[:2]
    square = np.full((size, size, 3), WHITE, np.uint8)
    top, left = (size - height) // 2, (size - width) // 2
    square[top : top + height, left : left + width] = pixels
    return square


def inside(box: Box | None, height: int, width: int) -> Box:
    """Return the part of a box that lies within an image of H x W; the whole image where there is no box.

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
    """Return how far a box reaches beyond an image of H x W, at the edge where it is farthest; 0 if it lies within."""
    if box is None:
        return 0.0
    x1, y1, x2, y2 = box
    return max(0.0, -x1, -y1, x2 - width, y2 - height)


def cut_out(pixels: Pixels, region: Box, height: int, width: int) -> Pixels:
    """Cut a region of an image of H x W out of its pixels uint8 [h, w, 3]; at least one of them."""
    x1, y1, x2, y2 = region
    return pixels[_within(y1, y2, height, pixels.shape[0]), _within(x1, x2, width, pixels.shape[1])]


def _within(start: float, end: float, full: int, decoded: int) -> slice:
    """Return the pixels from `start` to `end` of a side of `full` pixels, decoded as `decoded`; at least one."""
    first = min(round(start * decoded / full), decoded - 1)
    return slice(first, max(round(end * decoded / full), first + 1))
