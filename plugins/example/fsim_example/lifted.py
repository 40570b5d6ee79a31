"""The lifted structured loss, as an example of a loss."""

from __future__ import annotations

from typing import Annotated

import torch
from pydantic import Field
from torch import Tensor, nn


class Lifted(nn.Module):
    """Smooth lifted structured loss (Song et al. 2016, "Deep metric learning via lifted structured feature embedding",
    eq. 4): for each positive pair, half the squared positive part of its distance plus a soft maximum of
    (margin - distance) over the negatives of both its images.

    Args:
        margin: distance that negatives should keep; 1 in the paper.
    """

    def __init__(self, margin: Annotated[float, Field(gt=0)] = 1.0) -> None:
        super().__init__()
        self.margin = margin

    def forward(self, embedding: Tensor, labels: Tensor) -> Tensor:
        """embedding [B, D], labels [B] -> scalar; 0 where the batch has no positive pair."""
        distances = torch.cdist(embedding, embedding)  # [B, B]
        same = labels[:, None] == labels[None, :]
        known = (labels >= 0)[:, None] & (labels >= 0)[None, :]
        apart = (self.margin - distances).masked_fill(same | ~known, torch.finfo(distances.dtype).min)
        push = apart.logsumexp(dim=1)  # [B]; very low where an image has no negative
        first, second = torch.nonzero((same & known).triu(1), as_tuple=True)  # [P]
        pushes = torch.logaddexp(push[first], push[second])  # [P]
        losses = (distances[first, second] + pushes).clamp_min(0).square() / 2  # [P]
        return losses.sum() / max(len(losses), 1) + 0 * embedding.sum()
