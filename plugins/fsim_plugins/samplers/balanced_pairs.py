"""Positive and negative pairs in a fixed ratio."""

from __future__ import annotations

import math
from typing import Annotated, ClassVar

import numpy as np
import numpy.typing as npt
from pydantic import Field

from fsim.errors import FsimError
from fsim.functional.draws import (
    IntArray,
    batch_numbers,
    batches_per_rank,
    bundles,
    draw_laps,
    keyed_generator,
    known_labels,
    spread,
)
from fsim.interfaces import Label, Selection


class BalancedPairs:
    """Pairs of which a fixed fraction is positive, over batches that see every image equally often.

    An epoch deals the images out in tuples, each of up to `images_per_label` images of one label, without replacement.
    A batch is `batch_size` images, that is several tuples. Its positive pairs are the pairs within a tuple; its
    negative pairs are drawn, none twice, from all pairs of images with different labels. So one forward pass of B
    images serves up to B (images_per_label - 1) / 2 positive pairs, and as many negative ones as the ratio asks for.

    The ratio holds in every batch to within one pair of each sort, and on average exactly (the rounding is random):
    E[positive pairs] / E[pairs] = positive_fraction. Where a batch has too few images of different labels for all the
    negative pairs, some positive ones are left out; where one label fills it, no pair is left.

    Bell and Bala, "Learning visual similarity for product design with convolutional neural networks", 2015, as quoted
    by secondary sources: for each query 80 negatives of its category and 20 of others, and one positive repeated 5
    times, so 1:20. That is `label: item, images_per_label: 2, positive_fraction: 0.047619,
    same_category_negatives: 0.8`; 22 images are enough to give 11 positive and 220 negative pairs.

    Images of unknown label are left out. A label with one image serves as negatives only, and so does, until its next
    turn, the odd image of a label when tuples are couples. Where the images do not fill the last batch, it is filled
    up with the first ones of the same turn; no image occurs twice in a batch.

    Args:
        batch_size: images in a batch on each rank, 2 or more.
        positive_fraction: positive pairs / all pairs, above 0 and up to 1.
        same_category_negatives: the fraction of the negative pairs whose two images have the same category, 0 to 1;
            only with `label: item`. By default negatives are drawn without regard to it. If it is set, tuples of one
            category stand together in a batch, as many as the fraction asks for.
        images_per_label: the most images of one label in a tuple, 2 or more. More give more pairs to learn from for
            the same images, and fewer different items in a batch. Bell and Bala: 2.
        label: `category` or `item`: what makes two images a positive pair.
        batches_per_epoch: on each rank; by default as many as all ranks need to draw every image. With fewer, the
            next epoch goes on with the images that are left, so every image has its turn.

    Raises:
        FsimError: no image has the label, fewer than `batch_size` images have, no two images are a positive pair, or
            none are the negative pairs that are asked for.
    """

    gives: ClassVar[frozenset[str]] = frozenset({"pairs"})

    def __init__(
        self,
        batch_size: Annotated[int, Field(ge=2)],
        positive_fraction: Annotated[float, Field(gt=0, le=1)] = 0.5,
        same_category_negatives: Annotated[float, Field(ge=0, le=1)] | None = None,
        images_per_label: Annotated[int, Field(ge=2)] = 4,
        label: Label = "category",
        batches_per_epoch: Annotated[int, Field(ge=1)] | None = None,
        *,
        categories: IntArray,
        items: IntArray,
        seed: int = 0,
        rank: int = 0,
        world_size: int = 1,
    ) -> None:
        self.images, self.labels = known_labels(label, categories, items)
        self.categories = categories[self.images]
        self.batch_size, self.images_per_label, self.label = batch_size, images_per_label, label
        self.seed, self.rank, self.world_size = seed, rank, world_size
        self.negatives_per_positive = (1 - positive_fraction) / positive_fraction
        self.same_category_negatives = same_category_negatives
        self._check_possible()
        self.num_batches = batches_per_rank(len(self.images), batch_size, world_size, batches_per_epoch)
        self.tuples_in_block = 1
        if same_category_negatives is not None and self.negatives_per_positive > 0:
            self.tuples_in_block = _tuples_in_block(
                batch_size // images_per_label, images_per_label, self.negatives_per_positive, same_category_negatives
            )
        self.upper = np.triu(np.ones((batch_size, batch_size), dtype=bool), 1)  # [B, B] each pair of positions once

    def _check_possible(self) -> None:
        if len(self.images) < self.batch_size:
            raise FsimError(
                f"batch_size is {self.batch_size}, but there are {len(self.images)} training images with a known "
                f"{self.label}; set a smaller sampler.batch_size"
            )
        names, sizes = np.unique(self.labels, return_counts=True)
        if sizes.max() < 2:
            raise FsimError(
                f"no {self.label} has two training images, so there is no positive pair; use sampler: shuffled"
            )
        if self.negatives_per_positive > 0 and len(names) < 2:
            raise FsimError(
                f"all training images have the same {self.label}, so there is no negative pair; add images of another "
                f"{self.label}, or set sampler.positive_fraction: 1.0"
            )
        share = self.same_category_negatives
        if share is None or self.negatives_per_positive == 0:
            return
        if self.label == "category" and share > 0:
            raise FsimError(
                f"same_category_negatives is {share}, but with label 'category' all images of a category are positives "
                "of each other; set sampler.label: item, or leave out same_category_negatives"
            )
        known = self.categories >= 0
        num_labels = self.labels.max() + 1
        labels_in = np.bincount(np.unique(self.categories[known] * num_labels + self.labels[known]) // num_labels)
        if share > 0 and labels_in.max(initial=0) < 2:
            raise FsimError(
                f"same_category_negatives is {share}, but no category has two items; leave out same_category_negatives"
            )
        if share < 1 and np.count_nonzero(labels_in) < 2:
            raise FsimError(
                f"same_category_negatives is {share}, but there is one category; set sampler.same_category_negatives: "
                "1.0, or leave it out"
            )

    def __len__(self) -> int:
        return self.num_batches

    def epoch(self, epoch: int) -> list[Selection]:
        numbers = batch_numbers(epoch, self.num_batches, self.world_size)[self.rank :: self.world_size]
        dealt = draw_laps(numbers, len(self.images), self.batch_size, self._deal)  # [K, B, 2]
        return [self._select(*batch.T, int(number)) for batch, number in zip(dealt, numbers, strict=True)]

    def _deal(self, lap: int) -> IntArray:
        """The images in the order of a lap, each with the number of its tuple: [N, 2].

        Tuples of a label, or blocks of tuples of a category, are spread evenly over the lap, so that batches are alike
        and a batch without negatives is rare even where one label prevails.
        """
        rng = keyed_generator(self.seed, "balanced_pairs/tuples", lap)
        tuples = bundles(self.labels, self.images_per_label, rng)  # [N]
        first_of_tuple = np.unique(tuples, return_index=True)[1]  # [U]
        together = self.labels if self.same_category_negatives is None else self.categories + 1  # unknown: -1 + 1
        groups = together[first_of_tuple]  # [U]
        blocks = bundles(groups, self.tuples_in_block, rng)  # [U]
        first_of_block = np.unique(blocks, return_index=True)[1]
        turns = spread(groups[first_of_block], rng)[blocks]  # [U]
        order = np.lexsort((tuples, turns[tuples]))
        return np.stack([order, tuples[order]], axis=1)

    def _select(self, images: IntArray, tuples: IntArray, number: int) -> Selection:
        rng = keyed_generator(self.seed, "balanced_pairs/pairs", number)
        same_tuple = self.upper & (tuples[:, None] == tuples)  # [B, B]
        pools = [(1.0, np.flatnonzero(same_tuple)), *self._negatives(images)]
        # positives that the batch can give together with all the negatives that belong to them
        positives = min(len(pool) / rate for rate, pool in pools)
        drawn = [
            rng.choice(pool, min(len(pool), int(rate * positives + rng.random())), replace=False, shuffle=False)
            for rate, pool in pools
        ]
        first, second = np.divmod(np.concatenate(drawn), self.batch_size)
        return Selection(self.images[images], first, second)

    def _negatives(self, images: IntArray) -> list[tuple[float, IntArray]]:
        """The sorts of negative pairs: how many for each positive pair, and the pairs to draw from (flat in [B, B])."""
        rate, share = self.negatives_per_positive, self.same_category_negatives
        labels, categories = self.labels[images], self.categories[images]
        different = self.upper & (labels[:, None] != labels)  # [B, B]
        sorts: list[tuple[float, npt.NDArray[np.bool_]]] = [(rate, different)]
        if share is not None:
            known = categories >= 0
            different &= known[:, None] & known
            same = categories[:, None] == categories  # [B, B]
            sorts = [(rate * share, different & same), (rate * (1 - share), different & ~same)]
        return [(rate, np.flatnonzero(pairs)) for rate, pairs in sorts if rate > 0]


def _tuples_in_block(num_tuples: int, size: int, negatives_per_positive: float, same_category: float) -> int:
    """How many tuples of one category stand together, for a batch of `num_tuples` tuples of `size` images to give the
    most positive pairs with all their negatives: too few leave too few negatives of the same category, too many leave
    too few of another."""

    def positives(block: int) -> float:
        whole, rest = divmod(num_tuples, block)
        same = size**2 * (whole * math.comb(block, 2) + math.comb(rest, 2))  # pairs of images
        other = size**2 * math.comb(num_tuples, 2) - same
        rates = ((same, same_category), (other, 1 - same_category))
        limits = [pairs / (negatives_per_positive * rate) for pairs, rate in rates if rate > 0]
        return min(num_tuples * math.comb(size, 2), *limits)

    return max(range(1, num_tuples + 1), key=positives, default=1)
