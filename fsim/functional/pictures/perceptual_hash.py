"""A perceptual hash: the coarse shape of a picture as a short vector, nearly the same after storing it again.

Shape legend: N pictures, T side of a thumbnail.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

FREQUENCIES = 8  # of each axis, as pHash has them
HASH_DIM = FREQUENCIES**2 - 1
LUMA = np.array([0.299, 0.587, 0.114], np.float32)  # ITU-R BT.601
FLAT = 8.0  # the hash's length below which a thumbnail is one colour: a standard deviation of a quarter of 255ths


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
