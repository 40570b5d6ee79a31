"""P labels, K images of each (PK sampling)."""

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


class MPerClass:
    """Batches of P = batch_size / images_per_label labels with K = images_per_label images of each (PK).
    Gives all pairs of the batch.

    These are the batches from which losses mine triplets, as in Schroff et al., "FaceNet", CVPR 2015, and
    Hermans et al., "In defense of the triplet loss for person re-identification", 2017 (there P = 18, K = 4).
    Labels take turns, so all are drawn equally often. The images of a label are drawn without replacement,
    through a permutation that is new in every epoch; a small label begins it again.

    A label with fewer than K images gives those that it has, each once: the same image twice would be a
    positive pair at distance zero. More labels then fill the batch, and the last may be cut, so every batch
    has `batch_size` different images. A label with one image serves as negatives only. Images of unknown
    label are left out.

    Args:
        batch_size: images in a batch on each rank, 2 or more, best a multiple of `images_per_label`.
        images_per_label: K, 2 or more. Hermans: 4.
        label: `category` or `item`: what makes two images a positive pair.
        batches_per_epoch: on each rank; by default as many as all ranks need to draw as many images as there
            are with a known label.

    Raises:
        FsimError: no image has the label, no label has two images, or there are too few labels for a batch.
    """

    gives: ClassVar[frozenset[str]] = frozenset({"pairs"})

    def __init__(
        self,
        batch_size: Annotated[int, Field(ge=2)],
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
        self.images, labels = known_labels(label, categories, items)
        self.labels = np.unique(labels, return_inverse=True)[1]  # 0 .. L-1 without gaps
        sizes = np.bincount(self.labels)  # [L]
        self.slots = np.minimum(sizes, images_per_label)  # [L] images that a label gives at its turn
        if sizes.max() < 2:
            raise FsimError(f"no {label} has two training images, so there is no positive pair; use sampler: shuffled")
        if self.slots.sum() < batch_size:
            raise FsimError(
                f"batch_size is {batch_size}, but {len(sizes)} labels ({label}) give {self.slots.sum()} "
                f"images at most with images_per_label {images_per_label}; set a larger "
                "sampler.images_per_label, or a smaller sampler.batch_size"
            )
        self.batch_size, self.label = batch_size, label
        self.seed, self.rank, self.world_size = seed, rank, world_size
        self.num_batches = batches_per_rank(len(self.images), batch_size, world_size, batches_per_epoch)

    def __len__(self) -> int:
        return self.num_batches

    def epoch(self, epoch: int) -> list[Selection]:
        numbers = batch_numbers(epoch, self.num_batches, self.world_size)
        wanted = draw_laps(numbers, int(self.slots.sum()), self.batch_size, self._turns)  # [K, B] labels
        rng = keyed_generator(self.seed, "m_per_class/images", epoch)
        rows = self.images[next_images(wanted.ravel(), self.labels, rng)].reshape(wanted.shape)
        first, second = all_pairs(self.batch_size)
        return [Selection(batch, first, second) for batch in rows[self.rank :: self.world_size]]

    def _turns(self, lap: int) -> IntArray:
        order = keyed_generator(self.seed, "m_per_class/labels", lap).permutation(len(self.slots))
        return np.repeat(order, self.slots[order])
