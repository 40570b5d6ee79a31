"""Resize pixels, always antialiased: bilinear by torch or by numpy, which give the same pixels, and by Pillow.

torch takes a fraction of the time, but importing it takes seconds: a search by an exported network goes without.

Shape legend: h, w height and width of the pixels; K those of them that a resized one is made of.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from fsim.interfaces import Interpolation

if TYPE_CHECKING:
    import numpy.typing as npt

    Pixels = npt.NDArray[np.uint8]
    Resample = Callable[[Pixels, int, int], Pixels]  # uint8 [h, w, 3], height, width -> [height, width, 3]

MOST_BITS = 22  # of the weights' fraction, so that a sum of products with 8 bits stays within 32
LARGEST_WEIGHT = 1 << 15  # below which torch keeps them


def bilinear_by_torch(pixels: Pixels, height: int, width: int) -> Pixels:
    """Resize uint8 [h, w, 3] -> [height, width, 3]: as Pillow's BILINEAR, to one grey level in all but a few pixels."""
    if pixels.shape[:2] == (height, width):
        return pixels.copy()
    import torch
    from torch.nn import functional as F

    writeable = np.require(pixels, requirements=["C", "W"])  # what torch takes; a copy only where it must be
    image = torch.from_numpy(writeable).permute(2, 0, 1)[None]  # [1, 3, h, w]
    resized = F.interpolate(image, (height, width), mode="bilinear", antialias=True)
    square: Pixels = resized[0].permute(1, 2, 0).numpy()
    return square


def bilinear_by_numpy(pixels: Pixels, height: int, width: int) -> Pixels:
    """Compute the pixels of `bilinear_by_torch` without torch: weights are integers; rows are resized first, and
    rounded, then columns."""
    if pixels.shape[:2] == (height, width):
        return pixels.copy()
    rows = _along_rows(pixels, width)  # [h, width, 3]
    columns = _along_rows(rows.swapaxes(0, 1), height)  # [width, height, 3]
    return np.ascontiguousarray(columns.swapaxes(0, 1))


def by_pillow(pixels: Pixels, height: int, width: int, interpolation: Interpolation = "bilinear") -> Pixels:
    """Resize uint8 [h, w, 3] -> [height, width, 3] as the transforms of torchvision and timm resize Pillow images."""
    from PIL import Image

    method = {"bilinear": Image.Resampling.BILINEAR, "bicubic": Image.Resampling.BICUBIC}[interpolation]
    return np.array(Image.fromarray(np.ascontiguousarray(pixels)).resize((width, height), method))


def _along_rows(pixels: Pixels, size: int) -> Pixels:
    """Resize rows: uint8 [h, w, 3] -> [h, size, 3]."""
    if pixels.shape[1] == size:
        return pixels
    taken, weights, bits = _weights(pixels.shape[1], size)
    total = np.full((len(pixels), size, pixels.shape[2]), 1 << (bits - 1), np.int32)  # a half, to round
    for place in range(taken.shape[1]):
        total += pixels[:, taken[:, place]] * weights[:, place, None]
    row: Pixels = np.clip(total >> bits, 0, 255).astype(np.uint8)
    return row


def _weights(full: int, size: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int32], int]:
    """Return which pixels of a row of `full` each of `size` is computed from [size, K], their weights [size, K], and
    how many bits of these are a fraction."""
    scale = full / size
    reach = max(scale, 1.0)
    centre = scale * (np.arange(size) + 0.5)  # [size]
    first = np.maximum((centre - reach + 0.5).astype(np.int64), 0)
    end = np.minimum((centre + reach + 0.5).astype(np.int64), full)
    taken = first[:, None] + np.arange((end - first).max())  # [size, K]
    share = np.clip(1 - np.abs(taken - centre[:, None] + 0.5) / reach, 0, None)
    share[taken >= end[:, None]] = 0
    share /= share.sum(axis=1, keepdims=True)
    largest = share.max()
    bits = next((bits for bits in range(MOST_BITS) if int(0.5 + largest * (2 << bits)) >= LARGEST_WEIGHT), MOST_BITS)
    return np.minimum(taken, full - 1), (0.5 + share * (1 << bits)).astype(np.int32), bits
