"""What goes into an index, checked, and what comes out of it, filled up.

Shape legend: N embeddings, Q queries, D embedding, K neighbours.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from fsim.errors import FsimError
from fsim.interfaces import Answers, IntArray, Vectors

LONGEST = 1e18  # float32 has no room for the square of a much longer vector


def checked_embeddings(embeddings: Any, name: str = "embeddings") -> Vectors:
    """[N, D] of any float type -> [N, D] float32, row after row in memory.

    Raises:
        FsimError: no matrix, no rows, or vectors that are NaN, infinite or longer than 1e18.
    """
    vectors = np.ascontiguousarray(embeddings, dtype=np.float32)
    if vectors.ndim != 2 or not vectors.size:
        raise FsimError(f"the {name} have shape {list(vectors.shape)}: give one row or more, and a column or more")
    with np.errstate(over="ignore", invalid="ignore"):
        unfit = int((~(np.sqrt(np.einsum("nd,nd->n", vectors, vectors, dtype=np.float64)) < LONGEST)).sum())
    if unfit:
        raise FsimError(
            f"{unfit:,} of {len(vectors):,} {name} are NaN, infinite or longer than {LONGEST:.0e}: "
            "leave them out, or embed the images with a network that has not diverged"
        )
    return vectors


def checked_queries(queries: Any, k: int, dimensions: int) -> Vectors:
    """[Q, D] of any float type -> [Q, D] float32. `dimensions` are those of the index, 0 where it was not built.

    Raises:
        FsimError: nothing was built, k is below 1, D is another, or the vectors are unfit as embeddings are.
    """
    if not dimensions:
        raise FsimError("the index is empty: build or load it before a search")
    if k < 1:
        raise FsimError(f"no query has {k} neighbours: set k to 1 or more")
    shape = np.shape(queries)
    if len(shape) != 2 or shape[1] != dimensions:
        raise FsimError(
            f"the queries have shape {list(shape)} and the index {dimensions} dimensions: "
            "embed both with the same network"
        )
    return checked_embeddings(queries, "queries") if shape[0] else np.empty(shape, np.float32)


def unit_length(vectors: Vectors) -> Vectors:
    """[..., D] -> [..., D] of length one; a zero vector stays one."""
    length = np.linalg.norm(vectors, axis=-1, keepdims=True)
    units: Vectors = np.divide(vectors, np.where(length == 0, 1, length), dtype=np.float32)
    return units


def filled_up(ids: Any, scores: Any, k: int) -> Answers:
    """[Q, at most K] each -> the answers [Q, K]. An id below 0 is none."""
    missing = k - ids.shape[1]
    filled = np.pad(np.asarray(ids, np.int64), ((0, 0), (0, missing)), constant_values=-1)
    values = np.pad(np.asarray(scores, np.float32), ((0, 0), (0, missing)))
    return Answers(np.maximum(filled, -1), np.where(filled < 0, np.float32(-np.inf), values))


def without_self(ids: IntArray, own: IntArray) -> IntArray:
    """Answers of a search for one more than wanted [Q, K + 1], without the query's own row [Q] -> [Q, K].

    It is left out by its number, wherever it stands; where it is not among the answers, the farthest goes.
    """
    others = (ids != own[:, None]) & (ids >= 0)  # [Q, K + 1]
    order = np.argsort(~others, axis=1, kind="stable")  # the others first, in their order
    left: IntArray = np.where(np.take_along_axis(others, order, 1), np.take_along_axis(ids, order, 1), -1)
    return left[:, :-1]
