"""Positive and negative pairs in a fixed ratio."""

from __future__ import annotations

from typing import Annotated, ClassVar

import numpy as np
from pydantic import Field

from fsim.errors import FsimError
from fsim.functional.draws import (
    batch_numbers,
    batches_per_rank,
    bundles,
    draw_laps,
    keyed_generator,
    known_labels,
    spread,
)
from fsim.functional.labels.label_pairs import PairRatio
from fsim.interfaces import IntArray, Label, Selection


class BalancedPairs:
    """Pairs of which a fixed fraction is positive, over batches that see every image equally often.

    An epoch deals the images out in tuples, each of up to `images_per_label` images of one label, without
    replacement. A batch is `batch_size` images, that is several tuples. Its positive pairs are the pairs
    within a tuple; its negative pairs are drawn, none twice, from all pairs of images with different labels.
    So one forward pass of B images serves up to B (images_per_label - 1) / 2 positive pairs, and as many
    negative ones as the ratio asks for.

    The ratio holds in every batch to within one pair of each sort, and on average exactly (the rounding is
    random): E[positive pairs] / E[pairs] = positive_fraction. Where a batch has too few images of different
    labels for all the negative pairs, some positive ones are left out; where one label fills it, all are.

    Bell and Bala, "Learning visual similarity for product design with convolutional neural networks", 2015,
    as secondary sources quote it: for each query 80 negatives of its category and 20 of others, and one
    positive repeated 5 times, so 1:20. That is

        {name: balanced_pairs, label: item, images_per_label: 2, positive_fraction: 0.047619,
         same_category_negatives: 0.8, batch_size: 128}

    of which a batch gives at most 64 positive and 1,280 negative pairs, where there are enough items of each
    category; of 64 images about 31 and 620.

    Images of unknown label are left out. A label with one image serves as negatives only, and so does, until
    its next turn, the odd image of a label when tuples are couples. Where the images do not fill the last
    batch, it is filled up with the first ones of the same turn; no image occurs twice in a batch.

    Args:
        batch_size: images in a batch on each rank, 2 or more.
        positive_fraction: positive pairs / all pairs, above 0 and up to 1.
        same_category_negatives: the fraction of the negative pairs whose two images have the same category, 0
            to 1; only with `label: item`. By default negatives are drawn without regard to it. If it is set,
            tuples of one category stand together in a batch, as many as the fraction asks for.
        images_per_label: the most images of one label in a tuple, 2 or more. More of them give more pairs to
            learn from for the same images, and fewer different items in a batch. Bell and Bala: 2.
        label: `category` or `item`: what makes two images a positive pair.
        batches_per_epoch: on each rank; by default as many as all ranks need to draw every image. With fewer,
            the next epoch goes on with the images that are left, so every image has its turn.

    Raises:
        FsimError: no image has the label, fewer than `batch_size` images have, no two of the images are a
            positive pair, or no two are the negative pair that is asked for.
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
        self.ratio = PairRatio((1 - positive_fraction) / positive_fraction, same_category_negatives)
        self._check_pairs()
        self._check_categories()
        self.num_batches = batches_per_rank(len(self.images), batch_size, world_size, batches_per_epoch)

    def _check_pairs(self) -> None:
        if len(self.images) < self.batch_size:
            raise FsimError(
                f"batch_size is {self.batch_size}, but there are {len(self.images)} training images with a "
                f"known {self.label}; set a smaller sampler.batch_size"
            )
        names, sizes = np.unique(self.labels, return_counts=True)
        if sizes.max() < 2:
            raise FsimError(
                f"no {self.label} has two training images, so there is no positive pair; use sampler: shuffled"
            )
        if self.ratio.negatives > 0 and len(names) < 2:
            raise FsimError(
                f"all training images have the same {self.label}, so there is no negative pair; "
                f"add images of another {self.label}, or set sampler.positive_fraction: 1.0"
            )

    def _check_categories(self) -> None:
        fraction = self.ratio.same_category
        if fraction is None or self.ratio.negatives == 0:
            return
        if self.label == "category" and fraction > 0:
            raise FsimError(
                f"same_category_negatives is {fraction}, but with label 'category' images of one category "
                "are positives of each other; set sampler.label: item, or leave out same_category_negatives"
            )
        known = np.unique(self.categories[self.categories >= 0])
        num_labels = [len(np.unique(self.labels[self.categories == category])) for category in known]
        if fraction > 0 and max(num_labels, default=0) < 2:
            raise FsimError(f"same_category_negatives is {fraction}, but no category has two items; leave it out")
        if fraction < 1 and len(num_labels) < 2:
            raise FsimError(
                f"same_category_negatives is {fraction}, but there is only one category; leave it out, "
                "or set sampler.same_category_negatives: 1.0"
            )

    def __len__(self) -> int:
        return self.num_batches

    def epoch(self, epoch: int) -> list[Selection]:
        numbers = batch_numbers(epoch, self.num_batches, self.world_size)[self.rank :: self.world_size]
        dealt = draw_laps(numbers, len(self.images), self.batch_size, self._deal)  # [K, B, 2]
        selections = []
        for number, (images, tuples) in zip(numbers.tolist(), dealt.swapaxes(1, 2), strict=True):
            rng = keyed_generator(self.seed, "balanced_pairs/pairs", number)
            pairs = self.ratio.draw(tuples, self.labels[images], self.categories[images], rng)
            selections.append(Selection(self.images[images], *pairs))
        return selections

    def _deal(self, lap: int) -> IntArray:
        """The images in the order of a lap, and the number of the tuple of each: [N, 2].

        The tuples of a label, or blocks of tuples of a category, are spread evenly over the lap. So batches
        are alike. Where one label has nearly all images, some batches are of it alone.
        """
        rng = keyed_generator(self.seed, "balanced_pairs/tuples", lap)
        tuples = bundles(self.labels, self.images_per_label, rng)  # [N]
        head = np.unique(tuples, return_index=True)[1]  # [U] an image of each tuple
        if self.ratio.same_category is None:
            groups, together = self.labels[head], 1  # [U]
        else:
            groups = self.categories[head] + 1  # [U] from 0, which is unknown
            num_tuples = self.batch_size // self.images_per_label
            together = self.ratio.tuples_of_a_category(num_tuples, self.images_per_label)
        blocks = bundles(groups, together, rng)  # [U]
        turns = spread(groups[np.unique(blocks, return_index=True)[1]], rng)[blocks]  # [U]
        order = np.lexsort((tuples, turns[tuples]))
        return np.stack([order, tuples[order]], axis=1)
