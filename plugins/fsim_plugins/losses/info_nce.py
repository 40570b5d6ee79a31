"""InfoNCE within the batch."""

from __future__ import annotations

from typing import Annotated

import torch
import torch.nn.functional as F
from pydantic import Field
from torch import Tensor

from fsim.functional.distances import cosine_matrix, masked_logsumexp, masked_mean
from fsim.functional.labels.label_pairs import label_pairs, with_memory
from fsim.interfaces import Memory


class InfoNce(torch.nn.Module):
    """For each positive pair, names the positive among all negatives of the anchor.

    With s the cosine of two embeddings and t the temperature, a pair of an anchor a and a positive p (same
    label) costs

        -log( exp(s(a, p) / t) / (exp(s(a, p) / t) + sum over negatives n of a of exp(s(a, n) / t)) )

    and the loss is the mean over all ordered positive pairs. The other positives of an anchor are not in the
    denominator; in `supcon` they are. With two images of each label this is NT-Xent: Chen et al., "A simple
    framework for contrastive learning of visual representations" (SimCLR), ICML 2020, eq. 1; Sohn, "Improved
    deep metric learning with multi-class N-pair loss objective", NIPS 2016; van den Oord et al., arXiv
    1807.03748, 2018, eq. 4.

    Embeddings are scaled to length one here. A batch without a positive pair, or of one label, costs 0.
    Images whose label is unknown (-1) are left out.

    Args:
        temperature: t, > 0. SimCLR: 0.1 (0.5 for CIFAR-10). The lower, the more the nearest negatives weigh.
    """

    def __init__(self, temperature: Annotated[float, Field(gt=0)] = 0.1) -> None:
        super().__init__()
        self.temperature = temperature

    def forward(self, embedding: Tensor, labels: Tensor, memory: Memory | None = None) -> Tensor:
        """[B, D] and [B] -> scalar. Images that are remembered are positives and negatives too, and no anchors."""
        references, known = with_memory(embedding, labels, memory)  # [R, D], [R]
        similarity = cosine_matrix(embedding, references) / self.temperature  # [B, R]
        positive, negative = label_pairs(labels, known)  # [B, R] each
        negatives = masked_logsumexp(similarity, negative, dim=1)  # [B]
        # -log(x / (x + y)) = log(1 + y / x)
        return masked_mean(F.softplus(negatives[:, None] - similarity), positive)
