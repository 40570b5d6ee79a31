"""The additive angular margin loss."""

from __future__ import annotations

import math
from typing import Annotated

import torch
import torch.nn.functional as F
from pydantic import Field
from torch import Tensor

from fsim.functional.distances import cosine_matrix, root


class ArcFace(torch.nn.Module):
    """Classifies by the angle to a learned direction for each label, with a margin on the true one.

    With theta_j the angle between the embedding and the direction of label j, and y the true label, an image
    costs

        -log( exp(s cos(theta_y + m)) / (exp(s cos(theta_y + m)) + sum over j != y of exp(s cos theta_j)) )

    and the loss is the mean over the images. Deng et al., "ArcFace: additive angular margin loss for deep
    face recognition", CVPR 2019, eq. 3. Where theta_y + m > pi the cosine would grow again with the angle; as
    in the authors' code it is then replaced by cos(theta_y) - m sin(m), which keeps falling.

    The directions start normal with standard deviation 0.01, as in the authors' code, drawn from PyTorch's
    global generator. Images whose label is unknown (-1) are left out; a batch of only such images costs 0.

    Args:
        embedding_dim: D, filled in from the head.
        num_labels: number of directions, filled in from the training images.
        scale: s, > 0. The paper: 64.
        margin: m, in radians, in [0, pi/2]. The paper: 0.5.
    """

    def __init__(
        self,
        embedding_dim: int,
        num_labels: int,
        scale: Annotated[float, Field(gt=0)] = 64.0,
        margin: Annotated[float, Field(ge=0, le=math.pi / 2)] = 0.5,
    ) -> None:
        super().__init__()
        self.scale = scale
        self.margin = margin
        self.directions = torch.nn.Parameter(torch.empty(num_labels, embedding_dim))  # [L, D]
        torch.nn.init.normal_(self.directions, std=0.01)

    def forward(self, embedding: Tensor, labels: Tensor) -> Tensor:
        """[B, D] and [B] -> scalar."""
        cosine = cosine_matrix(embedding, self.directions)  # [B, L]
        true_label = labels.clamp_min(0)[:, None]  # [B, 1]; the unknown are left out of the sum below
        with_margin = self._with_margin(cosine.gather(1, true_label))  # [B, 1]
        logits = self.scale * cosine.scatter(1, true_label, with_margin)  # [B, L]
        total = F.cross_entropy(logits, labels, ignore_index=-1, reduction="sum")
        return total / (labels >= 0).sum().clamp_min(1)

    def _with_margin(self, cosine: Tensor) -> Tensor:
        # cos(theta + m) without acos, whose gradient is infinite where the embedding has the true direction.
        sine = root(1 - cosine.square())
        shifted = cosine * math.cos(self.margin) - sine * math.sin(self.margin)
        wraps = cosine < -math.cos(self.margin)  # theta > pi - m
        return torch.where(wraps, cosine - self.margin * math.sin(self.margin), shifted)
