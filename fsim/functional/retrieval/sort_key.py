"""One int64 for a score and an index, so that one ascending sort ranks by falling score and then by rising index.

The upper 32 bits are those of the score, in an order that integers share, and inverted; the lower 32 are the index.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Keys = npt.NDArray[np.int64]
Scores = npt.NDArray[np.float32]

LAST = np.iinfo(np.int64).max  # sorts behind every key


def sort_key(score: Scores, index: npt.NDArray[np.int64]) -> Keys:
    """The key of a score, not NaN, and an index, 0 to 2^32 - 1."""
    bits = (score + np.float32(0)).view(np.int32)  # the sum makes minus zero zero
    return (~_flipped(bits)).astype(np.int64) << 32 | index


def index_of(key: Keys) -> npt.NDArray[np.int64]:
    """The index of a key."""
    return key & 0xFFFFFFFF


def score_of(key: Keys) -> Scores:
    """The score of a key."""
    return _flipped(~(key >> 32).astype(np.int32)).view(np.float32)


def _flipped(bits: npt.NDArray[np.int32]) -> npt.NDArray[np.int32]:
    """A float's bits as an int32 of the same order, and back: those below zero count the other way round."""
    return bits ^ ((bits >> 31) & np.int32(0x7FFFFFFF))
