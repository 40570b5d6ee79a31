"""The contrastive loss on cosines."""

from __future__ import annotations

from typing import Annotated

import torch
from pydantic import Field
from torch import Tensor

from fsim.functional.distances import cosine_of_pairs, masked_mean
from fsim.interfaces import Pairs


class CosineContrastive(torch.nn.Module):
    """Draws the directions of positive pairs together, and those of negative pairs apart up to a margin.

    With s the cosine of the two embeddings, a positive pair costs 1 - s, a negative one max(0, s - margin);
    the loss is the mean over all pairs, as in torch.nn.CosineEmbeddingLoss. The length of an embedding does
    not matter. A batch without a pair costs 0.

    On embeddings of length one, `contrastive` in the form `bell` with margin m is twice this loss with the
    margin 1 - m^2 / 2: m = 1 is 0.5 here, and Bell and Bala's m = sqrt(0.2) is 0.9.

    Args:
        margin: cosine in [-1, 1) up to which a negative pair costs nothing. PyTorch's default is 0, and it
            suggests 0 to 0.5.
    """

    def __init__(self, margin: Annotated[float, Field(ge=-1, lt=1)] = 0.5) -> None:
        super().__init__()
        self.margin = margin

    def forward(self, embedding: Tensor, pairs: Pairs) -> Tensor:
        """[B, D] and P pairs -> scalar."""
        cosine = cosine_of_pairs(embedding, pairs.first, pairs.second)  # [P]
        losses = torch.where(pairs.same, 1 - cosine, (cosine - self.margin).clamp_min(0))  # [P]
        return losses.sum() / max(len(losses), 1)

    def active_negatives(self, embedding: Tensor, pairs: Pairs) -> Tensor:
        """Share of the negative pairs whose cosine is above the margin; 0 where there is none."""
        cosine = cosine_of_pairs(embedding, pairs.first, pairs.second)  # [P]
        return masked_mean((cosine > self.margin).float(), ~pairs.same)
