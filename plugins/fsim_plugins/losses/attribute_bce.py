"""Binary cross-entropy of the attributes that are known."""

from __future__ import annotations

from typing import Annotated

import torch
import torch.nn.functional as F
from pydantic import Field
from torch import Tensor

from fsim.functional.distances import at_least_float32, masked_mean
from fsim.functional.labels.attribute_labels import HAS, UNKNOWN, AttributeCounts


class AttributeBce(torch.nn.Module):
    """Asks of each attribute by itself whether the image has it.

    With z the logit of an image and an attribute a, and w_a the weight of a's positives, the two cost

        has it   -w_a log sigmoid(z)
        has not  -log(1 - sigmoid(z))

    and the loss is the mean over those that are known (not the sum over their weights). A batch in which nothing is
    known costs 0.

    Few images have any one attribute, so w_a is the training images known not to have it, over those known to have it,
    kept within 1 / max_positive_weight and max_positive_weight. It is 1 for an attribute that no training image is
    known to have, and of which a weight would say nothing. Liu et al., "DeepFashion: powering robust clothes
    recognition and retrieval with rich annotations", CVPR 2016, section 4, weigh positives and negatives by the ratio
    of their numbers too. They give no bound; without one, an attribute that three images of 200,000 have would outweigh
    all others in any batch that shows it.

    Args:
        attribute_counts: of the training images, filled in from them.
        max_positive_weight: the bound, >= 1; 1 weighs all alike.
    """

    positive_weight: Tensor  # [A]

    def __init__(
        self, attribute_counts: AttributeCounts, max_positive_weight: Annotated[float, Field(ge=1)] = 10.0
    ) -> None:
        super().__init__()
        having, lacking = (torch.from_numpy(counts).double() for counts in attribute_counts)  # [A]
        ratio = (lacking / having.clamp_min(1)).clamp(1 / max_positive_weight, max_positive_weight)
        weight = torch.where(having > 0, ratio, 1.0).float()
        self.register_buffer("positive_weight", weight, persistent=False)  # the training images say it again

    def forward(self, attribute_logits: Tensor, attributes: Tensor) -> Tensor:
        """[B, A] and [B, A] -> scalar."""
        logits = at_least_float32(attribute_logits)
        costs = F.binary_cross_entropy_with_logits(
            logits,
            (attributes == HAS).to(logits.dtype),
            pos_weight=self.positive_weight.to(logits.dtype),
            reduction="none",
        )  # [B, A]
        return masked_mean(costs, attributes != UNKNOWN)
