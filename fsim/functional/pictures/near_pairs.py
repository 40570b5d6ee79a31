"""All pairs of pictures that look the same: a matrix product of their hashes finds them, their thumbnails confirm.

Shape legend: N pictures, P pairs, T side of a thumbnail.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from fsim.functional.pictures.perceptual_hash import HASH_DIM, perceptual_hash
from fsim.functional.pictures.same_picture import (
    CENTRED,
    Thumbnails,
    both_small,
    compare_coarsely,
    same_picture,
    small_stored_again,
    square_means,
)
from fsim.interfaces import IntArray

CANDIDATE = 0.98  # the product of two hashes from which their thumbnails are compared
BLOCK = 2048  # pictures of a block of products
ROUNDING = 1e-3  # of float32 means
SQUARES = 8  # the side at which most candidates are seen to differ too much
CHUNK = 4096  # pairs whose thumbnails are compared at once


def near_pairs(
    thumbnails: Thumbnails, sizes: IntArray, progress: Callable[[int, int], None] | None = None
) -> tuple[IntArray, IntArray]:
    """The pairs [P], [P] of pictures that show the same, first < second, in order.

    N^2 / 2 products, in blocks of 16 MB: three seconds for 70,000 pictures on two cores.

    Args:
        thumbnails: uint8 [N, T, T, 3].
        sizes: [N, 2] width and height of the pictures in pixels.
        progress: called with (blocks of rows done, all of them).
    """
    count = len(thumbnails)
    hashes = np.zeros((count, HASH_DIM), np.float32)
    squares = np.zeros((count, SQUARES * SQUARES * 3), np.float32)
    for start in range(0, count, BLOCK):
        block = slice(start, start + BLOCK)
        hashes[block], squares[block] = perceptual_hash(thumbnails[block]), square_means(thumbnails[block], SQUARES)
        squares[block] -= squares[block].mean(axis=1, keepdims=True)
    found: list[npt.NDArray[np.int64]] = [np.zeros((0, 2), np.int64)]
    for row in range(0, count, BLOCK):
        for column in range(row, count, BLOCK):
            products = hashes[row : row + BLOCK] @ hashes[column : column + BLOCK].T
            pairs = np.argwhere(products >= CANDIDATE) + np.array([row, column])
            pairs = _alike_in_squares(pairs[pairs[:, 0] < pairs[:, 1]], squares)
            found.append(_confirmed(pairs, thumbnails, sizes))
        if progress is not None:
            progress(row // BLOCK + 1, -(-count // BLOCK))
    pairs = np.concatenate(found)
    pairs = pairs[np.lexsort((pairs[:, 1], pairs[:, 0]))]
    return pairs[:, 0], pairs[:, 1]


def _alike_in_squares(pairs: IntArray, squares: npt.NDArray[np.float32]) -> IntArray:
    """The pairs [P, 2] without those whose coarse colours, brightness aside, differ more than fine ones may."""
    parts = np.split(pairs, range(CHUNK, len(pairs), CHUNK))
    differences = [np.abs(squares[part[:, 0]] - squares[part[:, 1]]).mean(axis=1) for part in parts]
    return pairs[np.concatenate(differences) <= CENTRED + ROUNDING]


def _confirmed(pairs: IntArray, thumbnails: Thumbnails, sizes: IntArray) -> IntArray:
    """Those of the pairs [P, 2] whose thumbnails are the same picture."""
    same = np.zeros(len(pairs), dtype=bool)
    for start in range(0, len(pairs), CHUNK):
        first, second = pairs[start : start + CHUNK].T
        coarse = compare_coarsely(sizes[first], sizes[second])
        found = same_picture(thumbnails[first], thumbnails[second], coarse)
        small = np.flatnonzero(both_small(sizes[first], sizes[second]) & ~found)
        found[small] = small_stored_again(thumbnails[first[small]], thumbnails[second[small]])
        same[start : start + CHUNK] = found
    return pairs[same]
