"""Cross-entropy of the categories."""

from __future__ import annotations

from typing import Annotated

import torch
import torch.nn.functional as F
from pydantic import Field
from torch import Tensor

from fsim.functional.distances import at_least_float32


class CrossEntropy(torch.nn.Module):
    """Mean over the images of -log softmax(logits)[category].

    Images whose category is unknown (-1) are left out; a batch of only such images costs 0.

    Args:
        label_smoothing: part of the target, in [0, 1), that is spread evenly over all categories. Szegedy et
            al., "Rethinking the Inception architecture for computer vision", CVPR 2016, section 7: 0.1.
    """

    def __init__(self, label_smoothing: Annotated[float, Field(ge=0, lt=1)] = 0.0) -> None:
        super().__init__()
        self.label_smoothing = label_smoothing

    def forward(self, logits: Tensor, categories: Tensor) -> Tensor:
        """[B, C] and [B] -> scalar."""
        total = F.cross_entropy(
            at_least_float32(logits),
            categories,
            ignore_index=-1,
            reduction="sum",
            label_smoothing=self.label_smoothing,
        )
        # PyTorch's own mean is 0 / 0 where no category is known.
        return total / (categories >= 0).sum().clamp_min(1)
