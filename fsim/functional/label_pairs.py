"""Which images of a batch belong together."""

from __future__ import annotations

import torch
from torch import Tensor


def label_pairs(labels: Tensor) -> tuple[Tensor, Tensor]:
    """Labels [B] -> (positive, negative), bool [B, B], symmetric.

    positive  two different images with the same label
    negative  two images with different labels
    An image whose label is unknown (-1) is in neither.
    """
    known = labels >= 0  # [B]
    both_known = known[:, None] & known  # [B, B]
    same = labels[:, None] == labels  # [B, B]
    itself = torch.eye(len(labels), dtype=torch.bool, device=labels.device)  # [B, B]
    return both_known & same & ~itself, both_known & ~same
