"""The contrastive loss on Euclidean distances."""

from __future__ import annotations

from typing import Annotated, Literal

import torch
from pydantic import Field
from torch import Tensor

from fsim.functional.distances import masked_mean, root, squared_euclidean_of_pairs
from fsim.interfaces import Pairs


class Contrastive(torch.nn.Module):
    """Draws positive pairs together, and negative pairs apart until they are a margin m away.

    With d the Euclidean distance of the two embeddings, a pair costs

        form      positive   negative
        bell      d^2        max(0, m^2 - d^2)
        hadsell   d^2        max(0, m - d)^2

    bell: Bell and Bala, "Learning visual similarity for product design with convolutional neural networks",
    ACM TOG 34(4), 2015. A negative inside the margin is pushed in proportion to d, so hardly where the two
    coincide.
    hadsell: Hadsell, Chopra and LeCun, "Dimensionality reduction by learning an invariant mapping", CVPR
    2006, eq. 4, where both terms carry a factor 1/2. It is left out here, so that positives cost the same in
    both forms; the recipe's `weight: 0.5` brings it back. A negative is pushed in proportion to m - d.

    Bell and Bala write a sum over the pairs of a batch. Here it is the mean, so that the size of a step, and
    the balance with other losses, do not depend on the number of pairs. It is one mean over all pairs, not
    one for each kind: the ratio of positives to negatives is the sampler's, and weighs here as it does in
    their sum. A batch without a pair costs 0.

    Args:
        margin: m, 0 or more, in units of the embedding. With 0 nothing pushes, and all embeddings become one. Bell and
            Bala: sqrt(0.2) for embeddings of length one (as secondary sources quote it), and a larger one, said to be
            sqrt(1000), for free ones. Two embeddings of length one are at most 2 apart.
        form: `bell` or `hadsell`.
    """

    def __init__(self, margin: Annotated[float, Field(ge=0)] = 1.0, form: Literal["bell", "hadsell"] = "bell") -> None:
        super().__init__()
        self.margin = margin
        self.form = form

    def forward(self, embedding: Tensor, pairs: Pairs) -> Tensor:
        """[B, D] and P pairs -> scalar."""
        squared = squared_euclidean_of_pairs(embedding, pairs.first, pairs.second)  # [P]
        if self.form == "bell":
            push = (self.margin**2 - squared).clamp_min(0)  # [P]
        else:
            push = (self.margin - root(squared)).clamp_min(0).square()  # [P]
        losses = torch.where(pairs.same, squared, push)  # [P]
        return losses.sum() / max(len(losses), 1)

    def active_negatives(self, embedding: Tensor, pairs: Pairs) -> Tensor:
        """Share of the negative pairs within the margin; 0 where there is none."""
        squared = squared_euclidean_of_pairs(embedding, pairs.first, pairs.second)  # [P]
        return masked_mean((squared < self.margin**2).float(), ~pairs.same)
