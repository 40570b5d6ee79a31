"""Positive and negative pairs of a batch: all of them, those with remembered images, or drawn in a fixed ratio.

Shape legend: B images of a batch, R references, P pairs, D embedding.
"""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from fsim.functional.distances import at_least_float32
from fsim.interfaces import IntArray, Memory


def with_memory(embedding: Tensor, labels: Tensor, memory: Memory | None) -> tuple[Tensor, Tensor]:
    """Return what the images of a batch, [B, D] and [B], are compared with: embeddings [R, D] and labels [R] of
    themselves, and behind them of what is remembered."""
    if memory is None:
        return embedding, labels
    embedding = at_least_float32(embedding)
    return torch.cat([embedding, memory.embedding.to(embedding)]), torch.cat([labels, memory.labels])


def label_pairs(labels: Tensor, references: Tensor | None = None) -> tuple[Tensor, Tensor]:
    """Labels [B] -> (positive, negative), bool [B, B], symmetric; or [B, R] with R references, the first B of which are
    the images themselves (see `with_memory`).

    positive  two different images with the same label
    negative  two images with different labels
    An image whose label is unknown (-1) is in neither.
    """
    others = labels if references is None else references  # [R]
    both_known = (labels >= 0)[:, None] & (others >= 0)  # [B, R]
    same = labels[:, None] == others  # [B, R]
    itself = torch.eye(len(labels), len(others), dtype=torch.bool, device=labels.device)  # [B, R]
    return both_known & same & ~itself, both_known & ~same


@dataclass(frozen=True)
class PairRatio:
    """How many negative pairs go with a positive one, and which."""

    negatives: float  # for each positive pair, 0 or more
    same_category: float | None = None  # the fraction of them within a category; None: as they come

    def draw(
        self, tuples: IntArray, labels: IntArray, categories: IntArray, rng: np.random.Generator
    ) -> tuple[IntArray, IntArray]:
        """Positions of the two images of each pair: first [P], second [P], first < second, no pair twice.

        As many positives as the batch can give together with all the negatives that go with them; each number
        is rounded up or down at random, so that the ratio holds on average.

        Args:
            tuples: [B]; two images of one tuple are a candidate for a positive pair.
            labels: [B]; two images of different labels are one for a negative pair.
            categories: [B]; -1 where unknown: in no negative pair where the category matters.
        """
        sorts = [(1.0, tuples[:, None] == tuples), *self._negatives(labels, categories)]
        pools = [(rate, np.flatnonzero(_each_once(len(labels)) & pairs)) for rate, pairs in sorts if rate > 0]
        positives = min(len(pool) / rate for rate, pool in pools)
        drawn = []
        for rate, pool in pools:
            size = min(math.floor(rate * positives + rng.random()), len(pool))
            drawn.append(rng.choice(pool, size, replace=False, shuffle=False))
        first, second = np.divmod(np.concatenate(drawn), len(labels))
        return first, second

    def _negatives(self, labels: IntArray, categories: IntArray) -> list[tuple[float, npt.NDArray[np.bool_]]]:
        """The sorts of negative pairs: how many for each positive one, and the candidates [B, B]."""
        different = labels[:, None] != labels
        if self.same_category is None:
            return [(self.negatives, different)]
        known = categories >= 0
        different &= known[:, None] & known
        same = categories[:, None] == categories
        return [
            (self.negatives * self.same_category, different & same),
            (self.negatives * (1 - self.same_category), different & ~same),
        ]

    def tuples_of_a_category(self, num_tuples: int, size: int) -> int:
        """How many tuples of one category should stand together, for a batch of `num_tuples` tuples of `size`
        images to give the most positive pairs with all their negatives: too few leave too few negatives of
        the same category, too many leave too few of another."""
        if self.same_category is None or self.negatives == 0:
            return 1
        of_same = self.negatives * self.same_category
        of_other = self.negatives - of_same

        def positives(together: int) -> float:
            whole, rest = divmod(num_tuples, together)
            same = size**2 * (whole * math.comb(together, 2) + math.comb(rest, 2))  # pairs of images
            other = size**2 * math.comb(num_tuples, 2) - same
            limits = [pairs / rate for pairs, rate in ((same, of_same), (other, of_other)) if rate > 0]
            return min(num_tuples * math.comb(size, 2), *limits)

        return max(range(1, num_tuples + 1), key=positives, default=1)


@functools.lru_cache(maxsize=4)
def _each_once(num_images: int) -> npt.NDArray[np.bool_]:
    """[B, B], true where row < column: every pair of positions once."""
    return np.triu(np.ones((num_images, num_images), dtype=bool), 1)
