"""Whether two thumbnails show the same picture, stored again: re-encoded, resized, a little brighter.

Shape legend: P pairs, T = 32 side of a thumbnail.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

THUMBNAIL = 32
COARSE = 16  # the side at which a picture is compared with one that was made small
SMALL = 128  # pixels; a picture whose shorter side has fewer has lost what 32 x 32 would show
FLOOR = 1e-6

Thumbnails = npt.NDArray[np.uint8]
Flags = npt.NDArray[np.bool_]

# (mean absolute difference, at most; correlation, at least): either is enough. Differences of up to 4 of 255 are what
# strong JPEG compression leaves in low-contrast pictures, whose correlation it harms; to become small costs more.
LIMITS = ((4.0, 0.95), (8.0, 0.995))
COARSE_LIMITS = ((5.0, 0.95), (8.0, 0.99))
LARGEST = max(difference for difference, _ in LIMITS + COARSE_LIMITS)


def same_picture(first: Thumbnails, second: Thumbnails, coarse: Flags) -> Flags:
    """[P] whether two thumbnails differ by no more than storing a picture again does.

    For the values x, y of all pixels and channels of two thumbnails: the mean of |x - y|, and the correlation
    sum (x - mx)(y - my) / sqrt(sum (x - mx)^2 sum (y - my)^2), held against `LIMITS`, or
    against `COARSE_LIMITS`. The correlation alone would take garments of one cut and two colours for one picture, the
    difference alone any two pale ones.

    Args:
        first: uint8 [P, T, T, 3].
        second: uint8 [P, T, T, 3].
        coarse: [P] compare means of 2 x 2 pixels, see `compare_coarsely`.
    """
    same = np.zeros(len(first), dtype=bool)
    for pairs, side, limits in (
        (np.flatnonzero(~coarse), THUMBNAIL, LIMITS),
        (np.flatnonzero(coarse), COARSE, COARSE_LIMITS),
    ):
        x, y = square_means(first[pairs], side), square_means(second[pairs], side)  # [P', V]
        difference = np.abs(x - y).mean(axis=1)
        x, y = x - x.mean(axis=1, keepdims=True), y - y.mean(axis=1, keepdims=True)
        scale = np.sqrt(np.square(x).sum(axis=1) * np.square(y).sum(axis=1))
        correlation = (x * y).sum(axis=1) / np.maximum(scale, FLOOR)
        for largest, least in limits:
            same[pairs] |= (difference <= largest) & (correlation >= least)
    return same


def compare_coarsely(first: npt.NDArray[np.int64], second: npt.NDArray[np.int64]) -> Flags:
    """[P] whether pictures of these sizes, (width, height) [P, 2] in pixels, were made small and so blurred: they
    differ in size, and the smaller one's shorter side is below 128."""
    smaller = np.minimum(first.min(axis=1), second.min(axis=1))
    blurred: Flags = (first != second).any(axis=1) & (smaller < SMALL)
    return blurred


def square_means(thumbnails: Thumbnails, side: int) -> npt.NDArray[np.float32]:
    """uint8 [P, T, T, 3] -> float32 [P, side * side * 3], means of squares of pixels. The mean absolute difference of
    two pictures' is at most that at any finer side."""
    part = THUMBNAIL // side
    pixels = thumbnails.astype(np.float32).reshape(-1, side, part, side, part, 3)
    values: npt.NDArray[np.float32] = pixels.mean(axis=(2, 4)).reshape(len(thumbnails), side * side * 3)
    return values
