"""All pairs of pictures that look the same: a matrix product of their hashes finds them, their thumbnails confirm.

Shape legend: N pictures, P pairs, T side of a thumbnail.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

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
FREQUENCIES = 8  # of each axis, as pHash has them
HASH_DIM = FREQUENCIES**2 - 1
LUMA = np.array([0.299, 0.587, 0.114], np.float32)  # ITU-R BT.601
FLAT = 8.0  # the hash's length below which a thumbnail is one colour: a standard deviation of a quarter of 255ths


def near_pairs(
    thumbnails: Thumbnails, sizes: IntArray, progress: Callable[[int, int], None] | None = None
) -> tuple[IntArray, IntArray]:
    """Find the pairs [P], [P] of pictures that show the same, first < second, in order.

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
    """Drop from the pairs [P, 2] those whose coarse colours, brightness aside, differ more than fine ones may."""
    parts = np.split(pairs, range(CHUNK, len(pairs), CHUNK))
    differences = [np.abs(squares[part[:, 0]] - squares[part[:, 1]]).mean(axis=1) for part in parts]
    return pairs[np.concatenate(differences) <= CENTRED + ROUNDING]


def _confirmed(pairs: IntArray, thumbnails: Thumbnails, sizes: IntArray) -> IntArray:
    """Keep the pairs [P, 2] whose thumbnails are the same picture."""
    same = np.zeros(len(pairs), dtype=bool)
    for start in range(0, len(pairs), CHUNK):
        first, second = pairs[start : start + CHUNK].T
        coarse = compare_coarsely(sizes[first], sizes[second])
        found = same_picture(thumbnails[first], thumbnails[second], coarse)
        small = np.flatnonzero(both_small(sizes[first], sizes[second]) & ~found)
        found[small] = small_stored_again(thumbnails[first[small]], thumbnails[second[small]])
        same[start : start + CHUNK] = found
    return pairs[same]


def perceptual_hash(thumbnails: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    """uint8 [N, T, T, 3] -> float32 [N, 63] of length 1: the lowest 8 x 8 frequencies of the grey picture's DCT-II, but
    for its mean. The product of two is the correlation of what is coarse in two pictures.

    This is pHash (Zauner, "Implementation and benchmarking of perceptual image hash functions", 2010) before it rounds
    each number to one bit, which loses nothing here: a matrix product compares numbers as fast as bits.

    A flat picture, of one colour, has zeros: it resembles nothing.
    """
    basis = _cosines(thumbnails.shape[1])  # [8, T]
    grey = thumbnails.astype(np.float32) @ LUMA  # [N, T, T]
    hashes = (basis @ grey @ basis.T).reshape(len(grey), -1)[:, 1:]
    length = np.linalg.norm(hashes, axis=1, keepdims=True)
    unit: npt.NDArray[np.float32] = np.where(length < FLAT, 0, hashes / np.maximum(length, FLAT)).astype(np.float32)
    return unit


def _cosines(side: int) -> npt.NDArray[np.float32]:
    """The first rows of the orthonormal DCT-II, [8, T]."""
    frequency, place = np.arange(FREQUENCIES)[:, None], np.arange(side)
    rows = np.cos(np.pi * (2 * place + 1) * frequency / (2 * side)) * np.sqrt(2 / side)
    rows[0] /= np.sqrt(2)
    basis: npt.NDArray[np.float32] = rows.astype(np.float32)
    return basis
