"""Plain shuffling."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field

from fsim.errors import FsimError
from fsim.functional.draws import batch_numbers, batches_per_rank, draw_laps, keyed_generator
from fsim.interfaces import IntArray, Label, Selection


class Shuffled:
    """Batches of a random permutation of the training images, of unknown label too. Gives no pairs.

    Every batch has `batch_size` different images. Where they do not divide the training set, the last batch
    is filled up with the first images of the same permutation: a short one would give its images more weight,
    and a single image breaks batch norm. To leave the rest out instead, set `batches_per_epoch`.

    Args:
        batch_size: images in a batch on each rank, 2 or more.
        label: `category` or `item`: the labels that losses get as `labels`.
        batches_per_epoch: on each rank; by default as many as all ranks need to draw every image. With fewer,
            the next epoch goes on in the same permutation, so every image still has its turn.

    Raises:
        FsimError: fewer training images than `batch_size`.
    """

    gives: ClassVar[frozenset[str]] = frozenset()

    def __init__(
        self,
        batch_size: Annotated[int, Field(ge=2)],
        label: Label = "category",
        batches_per_epoch: Annotated[int, Field(ge=1)] | None = None,
        *,
        categories: IntArray,
        seed: int = 0,
        rank: int = 0,
        world_size: int = 1,
    ) -> None:
        self.num_images = len(categories)
        if self.num_images < batch_size:
            raise FsimError(
                f"batch_size is {batch_size}, but there are {self.num_images} training images; "
                "set a smaller sampler.batch_size"
            )
        self.batch_size, self.label = batch_size, label
        self.seed, self.rank, self.world_size = seed, rank, world_size
        self.num_batches = batches_per_rank(self.num_images, batch_size, world_size, batches_per_epoch)

    def __len__(self) -> int:
        return self.num_batches

    def epoch(self, epoch: int) -> list[Selection]:
        numbers = batch_numbers(epoch, self.num_batches, self.world_size)[self.rank :: self.world_size]
        return [Selection(rows) for rows in draw_laps(numbers, self.num_images, self.batch_size, self._permutation)]

    def _permutation(self, lap: int) -> IntArray:
        return keyed_generator(self.seed, "shuffled", lap).permutation(self.num_images)
