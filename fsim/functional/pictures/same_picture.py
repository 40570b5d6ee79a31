"""Find pictures that look the same: a matrix product of perceptual hashes proposes pairs, thumbnails confirm them.

Two thumbnails show the same picture where it was stored again: re-encoded, resized, made brighter or darker.
Shape legend: N pictures, P pairs, T side of a thumbnail.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

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
THUMBNAIL = 32
COARSE = 16  # the side at which a picture is compared with one that was made small
SMALL = 128  # pixels; a picture whose shorter side has fewer has lost what 32 x 32 would show
FLOOR = 1e-6
Thumbnails = npt.NDArray[np.uint8]
Flags = npt.NDArray[np.bool_]
Values = npt.NDArray[np.float32]
# (mean absolute difference, at most; correlation, at least). Differences of up to 4 of 255 are what strong JPEG
# compression leaves in low-contrast pictures, whose correlation it harms; to become small costs more.
STORED_AGAIN, MADE_SMALL = (4.0, 0.95), (5.0, 0.95)
# Another exposure: one picture's values are those of the other times a gain plus an offset.
BRIGHTER = 32.0  # the difference of the means, at most
CENTRED = 12.0  # the mean absolute difference without it, at most; large enough for both of the rules above
RESIDUAL = 4.5  # the mean absolute difference that gain and offset leave, at most
EXPOSED_CORRELATION = 0.985


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


def same_picture(first: Thumbnails, second: Thumbnails, coarse: Flags) -> Flags:
    """[P] whether two thumbnails differ by no more than storing a picture again, or another exposure, does.

    Of the values x, y of all pixels and channels of two thumbnails, in 0 to 255, there are taken: the mean of |x - y|;
    the correlation r = sum (x - mx)(y - my) / (|x - mx| |y - my|); the mean of |(x - mx) - (y - my)|; and that of
    |(y - my) - g (x - mx)| with the gain g of least squares, in the contrast between x's and y's. Stored again is what
    meets `STORED_AGAIN` or `MADE_SMALL`, exposed otherwise what meets all of `BRIGHTER`, `CENTRED`, `RESIDUAL` and
    `EXPOSED_CORRELATION`. The correlation alone would take garments of one cut and two colours for one picture, the
    difference alone any two pale ones.

    Args:
        first: uint8 [P, T, T, 3].
        second: uint8 [P, T, T, 3].
        coarse: [P] compare means of 2 x 2 pixels, see `compare_coarsely`.
    """
    same = np.zeros(len(first), dtype=bool)
    for pairs, side, limits in (
        (np.flatnonzero(~coarse), THUMBNAIL, STORED_AGAIN),
        (np.flatnonzero(coarse), COARSE, MADE_SMALL),
    ):
        x, y = square_means(first[pairs], side), square_means(second[pairs], side)  # [P', V]
        same[pairs] = _stored_again(x, y, limits) | _exposed(x, y)
    return same


def small_stored_again(first: Thumbnails, second: Thumbnails) -> Flags:
    """[P] whether two thumbnails of small pictures of one size, see `both_small`, meet `STORED_AGAIN` in means of 2 x 2
    pixels. Another exposure is not looked for so coarsely: it would take one cut for one picture."""
    return _stored_again(square_means(first, COARSE), square_means(second, COARSE), STORED_AGAIN)


def _stored_again(x: Values, y: Values, limits: tuple[float, float]) -> Flags:
    largest, least = limits
    found: Flags = (np.abs(x - y).mean(axis=1) <= largest) & (_correlation(_centred(x), _centred(y)) >= least)
    return found


def _exposed(x: Values, y: Values) -> Flags:
    brighter = np.abs(x.mean(axis=1) - y.mean(axis=1))
    x, y = _centred(x), _centred(y)
    square_x, square_y = np.square(x).sum(axis=1), np.square(y).sum(axis=1)
    gain = (x * y).sum(axis=1) / np.maximum(square_x, FLOOR)
    between = np.sqrt(np.sqrt(square_x / np.maximum(square_y, FLOOR)))
    residual = np.abs(y - gain[:, None] * x).mean(axis=1) * between
    found: Flags = (
        (brighter <= BRIGHTER)
        & (np.abs(x - y).mean(axis=1) <= CENTRED)
        & (residual <= RESIDUAL)
        & (_correlation(x, y) >= EXPOSED_CORRELATION)
    )
    return found


def _centred(x: Values) -> Values:
    centred: Values = x - x.mean(axis=1, keepdims=True)
    return centred


def _correlation(x: Values, y: Values) -> Values:
    """[P] of centred values [P, V]."""
    squares = np.square(x).sum(axis=1) * np.square(y).sum(axis=1)
    correlation: Values = (x * y).sum(axis=1) / np.maximum(np.sqrt(squares), FLOOR)
    return correlation


def compare_coarsely(first: npt.NDArray[np.int64], second: npt.NDArray[np.int64]) -> Flags:
    """[P] whether pictures of these sizes, (width, height) [P, 2] in pixels, were made small and so blurred: they
    differ in size, and the smaller one's shorter side is below 128."""
    smaller = np.minimum(first.min(axis=1), second.min(axis=1))
    blurred: Flags = (first != second).any(axis=1) & (smaller < SMALL)
    return blurred


def both_small(first: npt.NDArray[np.int64], second: npt.NDArray[np.int64]) -> Flags:
    """[P] whether pictures of these sizes, (width, height) [P, 2] in pixels, are of one size whose shorter side is 32
    to 127 pixels: to store them again costs more of what 32 x 32 would show. Below, too little is there to tell
    different pictures apart by half as much."""
    shorter = first.min(axis=1)
    small: Flags = (first == second).all(axis=1) & (shorter >= THUMBNAIL) & (shorter < SMALL)
    return small


def square_means(thumbnails: Thumbnails, side: int) -> npt.NDArray[np.float32]:
    """uint8 [P, T, T, 3] -> float32 [P, side * side * 3], means of squares of pixels. The mean absolute difference of
    two pictures', with or without their means, is at most that at any finer side."""
    part = THUMBNAIL // side
    pixels = thumbnails.astype(np.float32).reshape(-1, side, part, side, part, 3)
    values: npt.NDArray[np.float32] = pixels.mean(axis=(2, 4)).reshape(len(thumbnails), side * side * 3)
    return values
