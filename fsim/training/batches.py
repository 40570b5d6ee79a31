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

    images: Tensor  # float32 [B, 3, S, S], channels last if the recipe says so
    rows: Tensor  # [B] int64, rows of the catalog
    categories: Tensor  # [B] int64
    items: Tensor  # [B] int64
    labels: Tensor  # [B] int64, the categories or items, as the sampler's `label` says, numbered over training images
    pairs: Pairs | None
    attributes: Tensor | None = None  # int8 [B, A], 1 has it, -1 has it not, 0 unknown; None: nobody needs them
    tokens: Tensor | None = None  # int64 [B, L], of a caption of each image; None: the network does not read
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
        """What the network forwards."""
        return (self.images,) if self.tokens is None else (self.images, self.tokens)

    def to(self, device: str) -> Batch:
        """Return the batch on another device."""
        if device == "cpu":
            return self
        return self._each(lambda part: part.to(device, non_blocking=True))

    def pin_memory(self) -> Batch:
        """Return the batch in memory from which a GPU copies while it computes."""
        return self._each(Tensor.pin_memory)

    def _each(self, change: Callable[[Tensor], Tensor]) -> Batch:
        def changed(value: Any) -> Any:
            if isinstance(value, Pairs):
                return Pairs(*map(change, value))
            return None if value is None else change(value)

        return Batch(**{name: changed(value) for name, value in vars(self).items()})


@dataclass(frozen=True)
class TrainingImages:
    """What batches are drawn from: T training images with their labels, attributes and captions.

    rows        int64 [T], rows of the catalog
    attributes  of the whole catalog; None where nobody learns them
    captions    of the training images; None where the network does not read
    """

    catalog: EncodedCatalog
    cached: CachedImages
    rows: IntArray
    attributes: AttributeLabels | None = None
    captions: TrainingCaptions | None = None


@dataclass(frozen=True)
class Drawing:
    """What draws batches: which images, and how they are changed; each process of several draws its own."""

    sampler: Sampler
    augmentation: Augmentation
    seed: int
    rank: int = 0

    def generator(self, purpose: str, epoch: int, position: int) -> np.random.Generator:
        """Return the generator of the draws for one purpose at one step of an epoch."""
        return keyed_generator(self.seed, purpose, epoch, position, self.rank)


class TrainingBatches(Dataset[Batch]):
    """Makes batch number `step` of a whole run, counted from 0 over all epochs; a pure function of (seed, step, rank).

    labels      int64 [T], those that the sampler goes by, numbered over the training images; -1 is unknown
    num_labels  how many there are
    """

    def __init__(self, images: TrainingImages, drawing: Drawing, normalise: Normalise) -> None:
        self.images, self.drawing, self.normalise = images, drawing, normalise
        self.categories, self.items = images.catalog.categories[images.rows], images.catalog.items[images.rows]
        self.labels, self.num_labels = _numbered(images.catalog.labels(drawing.sampler.label)[images.rows])
        self._epoch: tuple[int, Sequence[Selection]] = (-1, ())

    @property
    def steps_per_epoch(self) -> int:
        return len(self.drawing.sampler)

    def __getitem__(self, step: int) -> Batch:
        epoch, position = divmod(step, self.steps_per_epoch)
        source, drawing = self.images, self.drawing
        selection = self._selections(epoch)[position]
        rows = source.rows[selection.rows]  # [B]
        pixels = drawing.augmentation(
            source.cached.gather(rows), drawing.generator("augmentation", epoch, position)
        )  # [B, 3, S, S]
        categories, items, labels = (
            torch.from_numpy(values[selection.rows]) for values in (self.categories, self.items, self.labels)
        )
        tokens, captioned = None, None
        if source.captions is not None:
            tokens, captioned = source.captions.draw(selection.rows, drawing.generator("caption", epoch, position))
        return Batch(
            self.normalise(pixels),
            torch.from_numpy(rows),
            categories,
            items,
            labels,
            _pairs(selection, labels),
            None if source.attributes is None else torch.from_numpy(source.attributes.values[rows]),
            tokens,
            captioned,
        )

    def _selections(self, epoch: int) -> Sequence[Selection]:
        if self._epoch[0] != epoch:
            self._epoch = (epoch, self.drawing.sampler.epoch(epoch))
        return self._epoch[1]

    def missing_pairs(self) -> list[str]:
        """Return the sorts of pair, `positive` and `negative`, that no batch of the first epoch has."""
        missing = {"positive", "negative"}
        for selection in self._selections(0):
            labels = self.labels[selection.rows]
            counts = np.unique(labels[labels >= 0], return_counts=True)[1]
            missing -= {"positive"} if (counts > 1).any() else set()
            missing -= {"negative"} if len(counts) > 1 else set()
        return sorted(missing)

    def loader(self, start: int, stop: int, workers: int, pinned: bool = False) -> Iterator[Batch]:
        """Return batches start, start + 1, ..., stop - 1, made here or by worker processes.

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
                collate_fn=_unchanged,
                pin_memory=pinned,
                worker_init_fn=_ignore_signals_to_the_group,
            )
        )


def _numbered(labels: IntArray) -> tuple[IntArray, int]:
    """Number labels 0, 1, ... without gaps, and count them; -1 stays unknown."""
    names, numbers = np.unique(labels, return_inverse=True)
    unknown = int(len(names) > 0 and names[0] < 0)
    return numbers - unknown, len(names) - unknown


def _ignore_signals_to_the_group(worker: int) -> None:
    """Leave the group of processes, all of which Ctrl-C, torchrun and clusters signal: the main process decides."""
    if hasattr(os, "setpgid"):
        os.setpgid(0, 0)
    else:
        signal.signal(signal.SIGINT, signal.SIG_IGN)


def _unchanged(batch: Any) -> Any:
    return batch


def _pairs(selection: Selection, labels: Tensor) -> Pairs | None:
    if selection.first is None or selection.second is None:
        return None
    first, second = torch.from_numpy(selection.first), torch.from_numpy(selection.second)
    return Pairs(first, second, (labels[first] == labels[second]) & (labels[first] >= 0))
