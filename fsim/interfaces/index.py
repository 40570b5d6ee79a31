"""Indexes: what finds the nearest of many embeddings.

Shape legend: N embeddings, D embedding, Q queries, K neighbours.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Protocol, runtime_checkable

from fsim.interfaces.arrays import IntArray, Vectors
from fsim.interfaces.network import Distance


class Answers(NamedTuple):
    """What an index found for each query, nearest first."""

    ids: IntArray  # [Q, K] row numbers of the embeddings that it was built from; -1 where it found no more
    scores: Vectors  # [Q, K] cosine, or minus half the squared Euclidean distance (see `Similarity`); -inf beside -1


class Trial(NamedTuple):
    """One way to build an index, and what to try for one parameter of its search."""

    build: Mapping[str, Any]  # parameters of the constructor
    parameter: str = ""  # an attribute that may be set anew on a built index; "" where there is none
    values: Sequence[int] = ()  # ascending, from hasty to thorough


@runtime_checkable
class Index(Protocol):
    """Finds the nearest of many embeddings. Injected: `seed`, and `threads` (to build with, 1 by default).

    An image's id is the row number of its embedding. A zero vector has cosine 0 to every vector. The same seed and
    one thread give the same index again. `search` works on the thread that calls it, so that several searches can go
    on at once.
    """

    @abstractmethod
    def build(self, embeddings: Vectors, distance: Distance) -> None:
        """[N, D], N at least 1. FsimError where there are none, or they are NaN, infinite or longer than 1e18."""
        ...

    @abstractmethod
    def search(self, queries: Vectors, k: int) -> Answers:
        """[Q, D] -> the k nearest that it finds for each, k at least 1. FsimError where nothing was built or loaded,
        D is another, or the queries are unfit as embeddings are."""
        ...

    @abstractmethod
    def save(self, folder: Path) -> None:
        """Write the index into a folder, which is made where it is missing. FsimError where that can't be done."""
        ...

    @abstractmethod
    def load(self, folder: Path) -> None:
        """Take what `save` wrote in place of what was built; executes no code from it. Parameters of the search stay
        those of the constructor. FsimError where the folder holds no such index, or not all of it."""
        ...

    def search_among(self, queries: Vectors, k: int, rows: IntArray) -> Answers | None:
        """Optional, for one that filters by itself: as `search`, among the embeddings of these rows alone (rising, one
        or more). None: it does not filter, and the few embeddings are compared exactly."""
        return None

    @staticmethod
    def trials(num_embeddings: int, k: int) -> Sequence[Trial]:
        """Optional, for one that can be tuned: what `fsim index tune` tries, the likeliest first. The parameter that a
        trial names is an attribute, read at each search."""
        return [Trial({})]
