"""Every label equally often."""

from __future__ import annotations

from typing import Annotated, ClassVar

import numpy as np
from pydantic import Field

from fsim.errors import FsimError
from fsim.functional.draws import (
    all_pairs,
    batch_numbers,
    batches_per_rank,
    draw_laps,
    keyed_generator,
    known_labels,
    next_images,
)
from fsim.interfaces import IntArray, Label, Selection


class BalancedCategories:
    """Batches in which every label occurs equally often, whatever its number of images. Gives all pairs.

    An image is drawn in inverse proportion to the number of images with its label. With C labels every batch
    has floor(batch_size / C) images of each, and the places left over go to labels in turn. The images of a
    label are drawn without replacement, through a permutation that is new in every epoch; a small label
    begins it again. No image occurs twice in a batch: a label with fewer images than its share gives those
    that it has, and the others share the places. Images of unknown label are left out.

    Args:
        batch_size: images in a batch on each rank, 2 or more.
        label: `category` or `item`: what is balanced, and makes two images a positive pair.
        batches_per_epoch: on each rank; by default as many as all ranks need to draw as many images as there
            are with a known label.

    Raises:
        FsimError: no image has the label, or fewer than `batch_size` images have.
    """

    gives: ClassVar[frozenset[str]] = frozenset({"pairs"})

    def __init__(
        self,
        batch_size: Annotated[int, Field(ge=2)],
        label: Label = "category",
        batches_per_epoch: Annotated[int, Field(ge=1)] | None = None,
        *,
        categories: IntArray,
        items: IntArray,
        seed: int = 0,
        rank: int = 0,
        world_size: int = 1,
    ) -> None:
        self.images, labels = known_labels(label, categories, items)
        if len(self.images) < batch_size:
            raise FsimError(
                f"batch_size is {batch_size}, but there are {len(self.images)} training images with a known "
                f"{label}; set a smaller sampler.batch_size"
            )
        self.labels = np.unique(labels, return_inverse=True)[1]  # 0 .. C-1 without gaps
        sizes = np.bincount(self.labels)  # [C]
        every = 0  # images of each label in every batch, where it has so many
        while np.minimum(sizes, every + 1).sum() <= batch_size and every < sizes.max():
            every += 1
        self.fixed = np.repeat(np.arange(len(sizes)), np.minimum(sizes, every))
        self.in_turn = np.flatnonzero(sizes > every)  # labels that share the places left over

        self.batch_size, self.label = batch_size, label
        self.seed, self.rank, self.world_size = seed, rank, world_size
        self.num_batches = batches_per_rank(len(self.images), batch_size, world_size, batches_per_epoch)

    def __len__(self) -> int:
        return self.num_batches

    def epoch(self, epoch: int) -> list[Selection]:
        numbers = batch_numbers(epoch, self.num_batches, self.world_size)
        wanted = np.tile(self.fixed, (len(numbers), 1))  # [K, B] labels
        places = self.batch_size - len(self.fixed)
        if places:
            turns = draw_laps(numbers, len(self.in_turn), places, self._turns)  # [K, places]
            wanted = np.concatenate([wanted, turns], axis=1)
        rng = keyed_generator(self.seed, "balanced_categories/images", epoch)
        rows = self.images[next_images(wanted.ravel(), self.labels, rng)].reshape(wanted.shape)
        first, second = all_pairs(self.batch_size)
        return [Selection(batch, first, second) for batch in rows[self.rank :: self.world_size]]

    def _turns(self, lap: int) -> IntArray:
        return keyed_generator(self.seed, "balanced_categories/labels", lap).permutation(self.in_turn)
