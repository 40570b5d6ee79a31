"""Projections: maps of embeddings.

Shape legend: N embeddings, D embedding.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import Protocol, runtime_checkable

from fsim.interfaces.arrays import Vectors
from fsim.interfaces.network import Distance


@runtime_checkable
class Projection(Protocol):
    """Draws embeddings as points of a plane. Injected: `seed`."""

    @abstractmethod
    def __call__(self, embedding: Vectors, distance: Distance) -> Vectors:
        """Finite float32 [N, D], compared by `distance` -> finite float32 [N, 2]: a new array, for any N and D of 1 or
        more, also where embeddings repeat or are all the same. The same seed gives the same points again."""
        ...
