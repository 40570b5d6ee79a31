"""Which caption of each image a batch has.

Shape legend: B images of a batch, M captions of all training images, L words of the longest.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from fsim.interfaces import IntArray
from fsim.model.text_tower import TextTower


class TrainingCaptions:
    """Draws one caption for each image of a batch. A caption without a known word does not count."""

    def __init__(self, captions: Sequence[Sequence[str]], text: TextTower) -> None:
        image = np.repeat(np.arange(len(captions)), [len(of_image) for of_image in captions])  # [M] of each caption
        tokens = text.tokens([caption for of_image in captions for caption in of_image])  # [M, L]
        readable = tokens.any(1)
        self.all_tokens = tokens[readable].astype(np.int32)  # [M, L]
        self.counts = np.bincount(image[readable], minlength=len(captions))  # of each image
        self.first = self.counts.cumsum() - self.counts  # of each image, where its captions begin

    def draw(self, rows: IntArray, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
        """Return the tokens of one caption of each image, int64 [B, L'], where L' is the length of the longest of them,
        and whether the image has a caption, bool [B].

        Args:
            rows: [B], numbers of the images among the training images.
        """
        captioned = self.counts[rows] > 0
        drawn = self.first[rows] + rng.integers(np.maximum(self.counts[rows], 1))
        tokens = np.where(captioned[:, None], self.all_tokens[np.where(captioned, drawn, 0)], 0)
        length = max(1, int((tokens != 0).sum(1).max(initial=0)))
        return torch.from_numpy(tokens[:, :length].astype(np.int64)), torch.from_numpy(captioned)
