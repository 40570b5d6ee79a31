"""Batches of training images: chosen by the sampler, gathered from the cache, augmented and normalised."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from fsim.catalog.encoded_catalog import EncodedCatalog
from fsim.functional.draws import keyed_generator
from fsim.functional.labels.attribute_labels import AttributeLabels
from fsim.images.image_cache import CachedImages
from fsim.images.normalise import Normalise
from fsim.interfaces import Augmentation, IntArray, Pairs, Sampler, Selection
from fsim.runtime.processes import Processes
from fsim.training.training_captions import TrainingCaptions


@dataclass(frozen=True)
class Batch:
    """Images of one step, their captions and labels; B images, P pairs, A attributes. With several processes
    (`with_labels_of_all`) the labels are those of the images of all."""

    images: Tensor  # float32 [B, 3, S, S], channels last where the recipe says so
    rows: Tensor  # [B] int64, rows of the catalog
    categories: Tensor  # [B] int64
    items: Tensor  # [B] int64
    labels: Tensor  # [B] int64, the categories or items, as the sampler's `label` says, numbered over training images
    pairs: Pairs | None
    attributes: Tensor | None = None  # int8 [B, A], 1 has it, -1 has it not, 0 unknown; None where nobody asks for them
    tokens: Tensor | None = None  # int64 [B, L], of a caption of each image; None where nobody reads them
    captioned: Tensor | None = None  # bool [B], whether the image has a caption

    def with_labels_of_all(self, processes: Processes) -> Batch:
        """Return this batch with the labels of the batches of all processes, in the order of ranks; what the network
        of this process forwards stays its own."""
        if processes.size == 1:
            return self
        columns = processes.all_gather(torch.stack([self.rows, self.categories, self.items, self.labels], dim=1))
        rows, categories, items, labels = torch.cat(columns).unbind(1)
        pairs, attributes, captioned = None, None, None
        if self.pairs is not None:
            parts = processes.all_gather(torch.stack([*self.pairs], dim=1))  # [P, 3] each
            before = np.cumsum([0, *map(len, columns)])
            first, second = (
                torch.cat([part[:, side] + int(start) for part, start in zip(parts, before, strict=False)])
                for side in (0, 1)
            )
            pairs = Pairs(first, second, torch.cat(parts)[:, 2].bool())
        if self.attributes is not None:
            attributes = torch.cat(processes.all_gather(self.attributes))
        if self.captioned is not None:
            captioned = torch.cat(processes.all_gather(self.captioned.byte())).bool()
        return Batch(self.images, rows, categories, items, labels, pairs, attributes, self.tokens, captioned)

    @property
    def inputs(self) -> tuple[Tensor, ...]:
        """What the network is given."""
        return (self.images,) if self.tokens is None else (self.images, self.tokens)

    def to(self, device: str) -> Batch:
        """The same batch on another device."""
        if device == "cpu":
            return self
        return self._each(lambda part: part.to(device, non_blocking=True))

    def pin_memory(self) -> Batch:
        """The same batch in memory from which a GPU copies while it computes."""
        return self._each(Tensor.pin_memory)

    def _each(self, change: Callable[[Tensor], Tensor]) -> Batch:
        def changed(value: Any) -> Any:
            if isinstance(value, Pairs):
                return Pairs(*map(change, value))
            return None if value is None else change(value)

        return Batch(**{name: changed(value) for name, value in vars(self).items()})


class TrainingBatches(Dataset[Batch]):
    """Batch number `step` of a whole run, counted from 0 over all epochs; a pure function of (seed, step, rank)."""

    def __init__(
        self,
        catalog: EncodedCatalog,
        rows: IntArray,
        images: CachedImages,
        sampler: Sampler,
        augmentation: Augmentation,
        normalise: Normalise,
        seed: int,
        rank: int = 0,
        attributes: AttributeLabels | None = None,
        captions: TrainingCaptions | None = None,
    ) -> None:
        self.rows, self.images, self.sampler = rows, images, sampler
        self.augmentation, self.normalise = augmentation, normalise
        self.seed, self.rank = seed, rank
        self.attributes = attributes  # of the whole catalog
        self.captions = captions
        self.categories, self.items = catalog.categories[rows], catalog.items[rows]
        self.labels, self.num_labels = _numbered(catalog.labels(sampler.label)[rows])
        self._epoch: tuple[int, Sequence[Selection]] = (-1, ())

    @property
    def steps_per_epoch(self) -> int:
        return len(self.sampler)

    def __getitem__(self, step: int) -> Batch:
        epoch, position = divmod(step, self.steps_per_epoch)
        selection = self._selections(epoch)[position]
        rows = self.rows[selection.rows]
        rng = keyed_generator(self.seed, "augmentation", epoch, position, self.rank)
        images = self.normalise(self.augmentation(self.images.gather(rows), rng))
        categories, items, labels = (
            torch.from_numpy(values[selection.rows]) for values in (self.categories, self.items, self.labels)
        )
        attributes = None if self.attributes is None else torch.from_numpy(self.attributes.values[rows])
        tokens, captioned = None, None
        if self.captions is not None:
            tokens, captioned = self.captions.draw(
                selection.rows, keyed_generator(self.seed, "caption", epoch, position, self.rank)
            )
        return Batch(
            images,
            torch.from_numpy(rows),
            categories,
            items,
            labels,
            _pairs(selection, labels),
            attributes,
            tokens,
            captioned,
        )

    def _selections(self, epoch: int) -> Sequence[Selection]:
        if self._epoch[0] != epoch:
            self._epoch = (epoch, self.sampler.epoch(epoch))
        return self._epoch[1]

    def lacking(self) -> list[str]:
        """The sorts of pair, `positive` and `negative`, that no batch of the first epoch has."""
        lacking = {"positive", "negative"}
        for selection in self._selections(0):
            labels = self.labels[selection.rows]
            counts = np.unique(labels[labels >= 0], return_counts=True)[1]
            lacking -= {"positive"} if (counts > 1).any() else set()
            lacking -= {"negative"} if len(counts) > 1 else set()
        return sorted(lacking)

    def loader(self, start: int, stop: int, workers: int, pinned: bool = False) -> Iterator[Batch]:
        """Batches start, start + 1, ..., stop - 1, prepared here or by worker processes.

        Args:
            pinned: for a GPU, see `Batch.pin_memory`.
        """
        steps = range(start, stop)
        if workers == 0:  # gathering from the cache is faster in this process than through a queue
            return (self[step].pin_memory() if pinned else self[step] for step in steps)
        return iter(
            DataLoader(
                self,
                batch_size=None,
                sampler=steps,
                num_workers=workers,
                collate_fn=_same,
                pin_memory=pinned,
                worker_init_fn=_leave_interruption_to_the_main_process,
            )
        )


def _numbered(labels: IntArray) -> tuple[IntArray, int]:
    """Labels as 0, 1, ... without gaps, -1 staying unknown, and how many there are."""
    names, numbers = np.unique(labels, return_inverse=True)
    unknown = int(len(names) > 0 and names[0] < 0)
    return numbers - unknown, len(names) - unknown


def _leave_interruption_to_the_main_process(worker: int) -> None:
    """Ctrl-C, and what torchrun or a cluster sends, reach the whole group of processes: this one leaves it."""
    if hasattr(os, "setpgid"):
        os.setpgid(0, 0)
    else:
        signal.signal(signal.SIGINT, signal.SIG_IGN)


def _same(batch: Any) -> Any:
    return batch


def _pairs(selection: Selection, labels: Tensor) -> Pairs | None:
    if selection.first is None or selection.second is None:
        return None
    first, second = torch.from_numpy(selection.first), torch.from_numpy(selection.second)
    return Pairs(first, second, (labels[first] == labels[second]) & (labels[first] >= 0))
