"""The losses of visual-semantic embedding: images and their captions in one space."""

from __future__ import annotations

from typing import Annotated

import torch
from pydantic import Field
from torch import Tensor

from fsim.functional.distances import cosine_matrix, masked_mean
from fsim_plugins.losses.caption_negatives import caption_negatives

Margin = Annotated[float, Field(ge=0)]


class Vse(torch.nn.Module):
    """Wants an image nearer to its own caption than to each other one, and a caption to its own image, by a margin.

    With s(i, c) the cosine of an image and a caption, c_i the caption of image i and m the margin, a batch costs

        sum over i, j of max(0, m - s(i, c_i) + s(i, c_j)) + max(0, m - s(i, c_i) + s(j, c_i))

    Kiros, Salakhutdinov and Zemel, "Unifying visual-semantic embeddings with multimodal neural language models", arXiv
    1411.2539, 2014. It is a sum, as in the paper: it grows with the square of the batch, and so does the step of an
    optimizer that does not rescale it (`sgd`).

    Images and captions of one known item are not told apart; the paper's images have no items. An image without a
    caption is only a negative of the others' captions. A batch in which there is nothing to tell apart costs 0.

    Args:
        margin: m, 0 or more, in units of the cosine. The authors: 0.2.
    """

    def __init__(self, margin: Margin = 0.2) -> None:
        super().__init__()
        self.margin = margin

    def forward(self, embedding: Tensor, text_embedding: Tensor, items: Tensor, captioned: Tensor) -> Tensor:
        """[B, D], [B, D], [B] and [B] -> scalar."""
        cost, negative = _triplets(embedding, text_embedding, items, captioned, self.margin)  # [2, B, B] each
        return torch.where(negative, cost, 0).sum()

    def active_triplets(self, embedding: Tensor, text_embedding: Tensor, items: Tensor, captioned: Tensor) -> Tensor:
        """Share of the terms of the sum that cost more than 0; 0 where there are none."""
        cost, negative = _triplets(embedding, text_embedding, items, captioned, self.margin)  # [2, B, B] each
        return masked_mean((cost > 0).float(), negative)


class VseHard(torch.nn.Module):
    """As `vse`, but each image and each caption has only its nearest negative.

    With s(i, c) the cosine of an image and a caption, c_i the caption of image i and m the margin, a batch costs

        sum over i of max over j of max(0, m - s(i, c_i) + s(i, c_j)) + max over j of max(0, m - s(i, c_i) + s(j, c_i))

    Faghri et al., "VSE++: improving visual-semantic embeddings with hard negatives", BMVC 2018, eq. 6. It is a sum, as
    in the paper, and grows with the batch. One that stays at 2 m for each image of a batch is a sign that all
    embeddings have become one: begin with a lower learning rate, or with `vse`.

    Images and captions of one known item are not told apart; the paper's images have no items. An image without a
    caption is only a negative of the others' captions. A batch in which there is nothing to tell apart costs 0.

    Args:
        margin: m, 0 or more, in units of the cosine. The paper: 0.2.
    """

    def __init__(self, margin: Margin = 0.2) -> None:
        super().__init__()
        self.margin = margin

    def forward(self, embedding: Tensor, text_embedding: Tensor, items: Tensor, captioned: Tensor) -> Tensor:
        """[B, D], [B, D], [B] and [B] -> scalar."""
        cost, negative = _triplets(embedding, text_embedding, items, captioned, self.margin)  # [2, B, B] each
        # amax shares the gradient among equally near negatives, so the order of the batch does not matter.
        return torch.where(negative, cost, 0).amax(2).sum()

    def active_triplets(self, embedding: Tensor, text_embedding: Tensor, items: Tensor, captioned: Tensor) -> Tensor:
        """Share of the nearest negatives that cost more than 0; 0 where there are none."""
        cost, negative = _triplets(embedding, text_embedding, items, captioned, self.margin)  # [2, B, B] each
        nearest = torch.where(negative, cost, 0).amax(2)  # [2, B]
        return masked_mean((nearest > 0).float(), negative.any(2))


def _triplets(
    embedding: Tensor, text_embedding: Tensor, items: Tensor, captioned: Tensor, margin: float
) -> tuple[Tensor, Tensor]:
    """What telling an image and its caption apart from each caption ([0]) and image ([1]) costs, and which of these
    are negatives: [2, B, B] each."""
    similarity = cosine_matrix(embedding, text_embedding)  # [B, B], image by caption
    of_others = torch.stack([similarity, similarity.T])  # [2, B, B]
    cost = (margin - similarity.diagonal()[:, None] + of_others).clamp_min(0)
    return cost, caption_negatives(items, captioned)
