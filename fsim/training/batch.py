"""One batch of training images with its labels."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from fsim.interfaces import Pairs
from fsim.runtime.processes import Processes


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
