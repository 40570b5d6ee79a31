"""The supervised contrastive loss."""

from __future__ import annotations

from typing import Annotated

import torch
from pydantic import Field
from torch import Tensor

from fsim.functional.distances import cosine_matrix, masked_logsumexp, masked_mean
from fsim.functional.labels.label_pairs import label_pairs, with_memory
from fsim.interfaces import Memory


class SupCon(torch.nn.Module):
    """For each anchor, names its positives among all other images of the batch.

    With s the cosine of two embeddings, t the temperature, P(a) the positives of an anchor a (same label) and
    A(a) all other images, an anchor costs

        -1 / |P(a)| sum over p in P(a) of log( exp(s(a, p) / t) / sum over k in A(a) of exp(s(a, k) / t) )

    Khosla et al., "Supervised contrastive learning", NeurIPS 2020, eq. 2 (L_out). The paper sums over the
    anchors; here it is the mean over those with a positive, so that the loss does not grow with the batch.
    The authors' code also multiplies by t / 0.07, which is left out.

    Embeddings are scaled to length one here. A batch without a positive pair costs 0, and so does one of a
    single label: without a negative the formula would only make all similarities equal. Images whose label
    is unknown (-1) are left out.

    Args:
        temperature: t, > 0. The paper: 0.1 (its code: 0.07). The lower, the more the nearest images weigh.
    """

    def __init__(self, temperature: Annotated[float, Field(gt=0)] = 0.1) -> None:
        super().__init__()
        self.temperature = temperature

    def forward(self, embedding: Tensor, labels: Tensor, memory: Memory | None = None) -> Tensor:
        """[B, D] and [B] -> scalar. Images that are remembered are other images too, and no anchors."""
        references, known = with_memory(embedding, labels, memory)  # [R, D], [R]
        similarity = cosine_matrix(embedding, references) / self.temperature  # [B, R]
        positive, negative = label_pairs(labels, known)  # [B, R] each
        all_others = masked_logsumexp(similarity, positive | negative, dim=1)  # [B]
        costs = torch.where(positive, all_others[:, None] - similarity, 0)  # [B, R]
        of_anchor = costs.sum(1) / positive.sum(1).clamp_min(1)  # [B]
        return masked_mean(of_anchor, positive.any(1) & negative.any(1))
