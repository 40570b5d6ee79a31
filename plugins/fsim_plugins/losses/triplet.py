"""The triplet loss, over triplets mined in the batch."""

from __future__ import annotations

from typing import Annotated, Literal

import torch
import torch.nn.functional as F
from pydantic import Field
from torch import Tensor

from fsim.errors import FsimError
from fsim.functional.distances import cosine_matrix, masked_mean, root, squared_euclidean_matrix
from fsim.functional.labels.label_pairs import label_pairs, with_memory
from fsim.interfaces import Distance, Memory


class Triplet(torch.nn.Module):
    """Wants an anchor a nearer to a positive p (same label) than to a negative n (another), by a margin m.

    With d the distance, a triplet costs max(0, d(a, p) - d(a, n) + m), or with a soft margin (m null)
    log(1 + exp(d(a, p) - d(a, n))). The loss is the mean over the triplets that `mining` chooses:

        batch_hard   for each anchor its farthest positive and its nearest negative, also where that costs 0
        semi_hard    all triplets with d(a, p) < d(a, n) < d(a, p) + m
        all          all triplets that cost more than 0; with a soft margin, all

    batch_hard, all (there "batch all", mean of the non-zero terms) and the soft margin: Hermans, Beyer and
    Leibe, "In defense of the triplet loss for person re-identification", arXiv 1703.07737, 2017, section 2.
    semi_hard: Schroff, Kalenichenko and Philbin, "FaceNet", CVPR 2015, section 3.2. FaceNet takes one
    semi-hard negative for each positive pair, and measures squared distances of embeddings of length one:
    with the distance `cosine`, halve their margin.

    A batch in which no triplet is chosen costs 0 and teaches nothing: one without a positive pair, one of one
    label, and for semi_hard also one in which no negative lies in the band, for example because all
    embeddings coincide. Images whose label is unknown (-1) are left out.

    Args:
        mining: `batch_hard`, `semi_hard` or `all`.
        margin: m, 0 or more, in units of the distance; null for a soft margin. With 0, embeddings may become one at no
            cost. FaceNet: 0.2. On the unit sphere good values are .05 to .14. A loss that stays at m is a sign that
            all embeddings have become one.
        distance: `euclidean`, not squared (Hermans et al.), or `cosine`: 1 - cosine of the two.

    Raises:
        FsimError: for semi_hard with a soft margin or one of 0, which have no band.
    """

    def __init__(
        self,
        mining: Literal["batch_hard", "semi_hard", "all"] = "batch_hard",
        margin: Annotated[float, Field(ge=0)] | None = 0.2,
        distance: Distance = "euclidean",
    ) -> None:
        super().__init__()
        if mining == "semi_hard" and not margin:
            raise FsimError(
                "triplet: semi-hard triplets are defined by the margin, so it cannot be null or 0; "
                "give `margin` a number, or use mining `batch_hard` or `all`"
            )
        self.mining = mining
        self.margin = margin
        self.distance = distance

    def forward(self, embedding: Tensor, labels: Tensor, memory: Memory | None = None) -> Tensor:
        """[B, D] and [B] -> scalar. Images that are remembered are positives and negatives too, and no anchors."""
        cost, chosen = self._triplets(embedding, labels, memory)
        return masked_mean(cost, chosen & (cost > 0) if self.mining == "all" else chosen)

    def active_triplets(self, embedding: Tensor, labels: Tensor) -> Tensor:
        """Share of the triplets that cost more than 0, of those of a hardest positive and negative (`batch_hard`) or
        of all; for `semi_hard` of all, those in its band. 0 where there is no triplet."""
        cost, chosen = self._triplets(embedding, labels)
        if self.mining == "semi_hard":
            positive, negative = label_pairs(labels)
            return chosen.sum() / (positive.sum(1) * negative.sum(1)).sum().clamp_min(1)
        return masked_mean((cost > 0).float(), chosen)

    def _triplets(self, embedding: Tensor, labels: Tensor, memory: Memory | None = None) -> tuple[Tensor, Tensor]:
        """Costs of triplets, and which of them `mining` looks at: [B] each, or [P, R] with P positive pairs."""
        references, known = with_memory(embedding, labels, memory)  # [R, D], [R]
        if self.distance == "euclidean":
            distance = root(squared_euclidean_matrix(embedding, references))  # [B, R]
        else:
            distance = 1 - cosine_matrix(embedding, references)  # [B, R]
        positive, negative = label_pairs(labels, known)  # [B, R] each
        if self.mining == "batch_hard":
            return self._hardest(distance, positive, negative)
        return self._many(distance, positive, negative)

    def _hardest(self, distance: Tensor, positive: Tensor, negative: Tensor) -> tuple[Tensor, Tensor]:
        # amax and amin share the gradient among equal candidates, so the order of the batch does not matter.
        farthest = distance.masked_fill(~positive, -1).amax(1)  # [B]
        nearest = distance.masked_fill(~negative, torch.finfo(distance.dtype).max).amin(1)  # [B]
        return self._cost(farthest - nearest), positive.any(1) & negative.any(1)

    def _many(self, distance: Tensor, positive: Tensor, negative: Tensor) -> tuple[Tensor, Tensor]:
        # One row for each positive pair, not for each pair: [B, R, R] would be mostly empty.
        anchor, other = positive.nonzero(as_tuple=True)  # [P] each
        rows = distance.index_select(0, anchor)  # [P, R]
        gap = rows.gather(1, other[:, None]) - rows  # [P, R]
        chosen = negative.index_select(0, anchor)  # [P, R]
        cost = self._cost(gap)  # [P, R]
        return cost, chosen & (gap < 0) & (cost > 0) if self.mining == "semi_hard" else chosen

    def _cost(self, gap: Tensor) -> Tensor:
        if self.margin is None:
            return F.softplus(gap)
        return (gap + self.margin).clamp_min(0)
