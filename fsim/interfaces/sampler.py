"""Samplers: which images are in a batch, and what makes two of them a pair.

Shape legend: B batch, P pairs.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import ClassVar, Literal, NamedTuple, Protocol, runtime_checkable

from fsim.interfaces.arrays import IntArray

Label = Literal["category", "item"]


class Selection(NamedTuple):
    """What a sampler chose for one batch."""

    rows: IntArray  # [B] position among the training images
    first: IntArray | None = None  # [P] position in the batch; None where the sampler gives no pairs
    second: IntArray | None = None  # [P]


@runtime_checkable
class Sampler(Protocol):
    """Chooses the batches of an epoch. Every epoch has the same number of batches, on every rank.

    Injected: `categories` and `items` (int64 [number of training images]; -1 where unknown), `seed`, `rank`,
    `world_size`.
    """

    gives: ClassVar[frozenset[str]]  # {"pairs"} or empty
    label: Label  # what makes two images a positive pair

    @abstractmethod
    def __len__(self) -> int:
        """Batches in an epoch."""
        ...

    @abstractmethod
    def epoch(self, epoch: int) -> Sequence[Selection]:
        """The batches of epoch 0, 1, ...: a pure function of (seed, epoch, rank), whatever was asked before."""
        ...
