"""One int64 for a score and an index, so that one ascending sort ranks by falling score and then by rising index.

The upper 32 bits are those of the score, in an order that integers share, and inverted; the lower 32 are the index.
"""

from __future__ import annotations

import torch
from torch import Tensor

LAST = torch.iinfo(torch.int64).max  # sorts behind every key


def sort_key(score: Tensor, index: Tensor) -> Tensor:
    """float32 score, no NaN, and int64 index, 0 to 2^32 - 1 -> int64."""
    bits = (score + 0.0).view(torch.int32)  # + 0.0: minus zero is zero
    return ((~_flipped(bits)).long() << 32) | index


def index_of(key: Tensor) -> Tensor:
    """int64 index of a key."""
    return key & 0xFFFFFFFF


def score_of(key: Tensor) -> Tensor:
    """float32 score of a key."""
    return _flipped(~(key >> 32).int()).view(torch.float32)


def _flipped(bits: Tensor) -> Tensor:
    """A float's bits as an int32 of the same order, and back: those below zero count the other way round."""
    return bits ^ ((bits >> 31) & 0x7FFFFFFF)
