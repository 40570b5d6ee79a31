"""Which captions and images of a batch are negatives of each other.

Shape legend: B batch.
"""

from __future__ import annotations

import torch
from torch import Tensor


def caption_negatives(items: Tensor, captioned: Tensor) -> Tensor:
    """Items [B] and whether each image has a caption, bool [B] -> bool [2, B, B].

    [0, i, j]  caption j is a negative of image i and its own caption
    [1, i, j]  image j is a negative of caption i and its own image

    A caption describes an item, so images and captions of one known item are never negatives; an unknown one (-1) is
    an item of its own. Where an image has no caption nothing is told apart from it; it is a negative image all the
    same.
    """
    itself = torch.eye(len(items), dtype=torch.bool, device=items.device)  # [B, B]
    same = itself | (items[:, None] == items) & (items >= 0)  # [B, B]
    images = ~same & captioned[:, None]  # [B, B]
    return torch.stack([images & captioned, images])
