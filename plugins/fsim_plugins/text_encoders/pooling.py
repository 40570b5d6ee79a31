"""One feature of a caption from those of its words.

Shape legend: B captions, L words of the longest, F features.
"""

from __future__ import annotations

import torch
from torch import Tensor

from fsim.functional.text.vocabulary import PADDING


def lengths(tokens: Tensor) -> Tensor:
    """Words of each caption: [B, L] -> int64 [B]."""
    return (tokens != PADDING).sum(1)


def mean_of(states: Tensor, length: Tensor) -> Tensor:
    """The mean over the first `length` [B] of the states [B, L, F], that of none is zero: [B, F]."""
    there = torch.arange(states.shape[1], device=states.device) < length[:, None]  # [B, L]
    return states.masked_fill(~there[..., None], 0).sum(1) / length[:, None].clamp_min(1)


def last_of(states: Tensor, length: Tensor) -> Tensor:
    """The last of the first `length` [B] of the states [B, L, F], that of none is zero: [B, F]."""
    last = (length - 1).clamp_min(0)[:, None, None].expand(-1, -1, states.shape[2])  # [B, 1, F]
    return states.gather(1, last)[:, 0].masked_fill(length[:, None] == 0, 0)
