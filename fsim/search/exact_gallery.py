"""Exact nearest neighbours in a gallery that is prepared once, for the few queries of a search.

Nothing here imports torch: a search by an exported network needs none.

Shape legend: G gallery, D embedding, Q queries, K answers.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from fsim.functional.retrieval.index_vectors import checked_embeddings, unit_length
from fsim.interfaces import Answers, Distance, IntArray, Vectors

BLOCK = 16  # queries of a matrix product, filled up by zeros: a query alone is rounded as it is among others
HASHED = 2**14  # vectors that are hashed at a time


class ExactGallery:
    """Embeddings [G, D] in memory, ready to be compared; scores are the cosine, or minus half the squared distance.

    Raises:
        FsimError: embeddings that are NaN, infinite or longer than 1e18.
    """

    def __init__(self, embedding: Vectors, distance: Distance) -> None:
        vectors = checked_embeddings(embedding)
        self.num_images = len(vectors)
        # q.g - |q|^2 / 2 - |g|^2 / 2 loses digits far from the origin: so the mean, rounded, is moved there.
        self.shift = vectors.mean(0, dtype=np.float64).astype(np.float32) if distance == "euclidean" else None
        self.vectors = self._prepare(vectors)  # [G, D]
        self.first_equal = _first_equal(self.vectors)
        self.half_squares = _half_squares(self.vectors) if distance == "euclidean" else None  # [G]

    def search(self, queries: Vectors, k: int, flags: npt.NDArray[np.bool_] | None = None) -> Answers:
        """Find the nearest of each query [Q, D] -> rows and scores [Q, K], nearest first, equal scores by row; -1 where
        there are no more. With `flags` [G] only flagged images are found.

        Raises:
            FsimError: queries that can't be compared.
        """
        query = checked_embeddings(queries, "queries") if len(queries) else queries
        ids = np.full((len(query), k), -1, np.int64)
        scores = np.full((len(query), k), -math.inf, np.float32)
        for start in range(0, len(query), BLOCK):
            for number, row in enumerate(self._scores(query[start : start + BLOCK], flags), start):
                best = _best(row, min(k, self.num_images))
                ids[number, : len(best)], scores[number, : len(best)] = best, row[best]
        return Answers(ids, scores)

    def _scores(self, query: Vectors, flags: npt.NDArray[np.bool_] | None) -> Vectors:
        """[Q, D] -> [Q, G], -inf where an image is not flagged."""
        rows = np.zeros((BLOCK, query.shape[1]), np.float32)
        rows[: len(query)] = self._prepare(query)
        scores: Vectors = (rows @ self.vectors.T)[: len(query)]
        if self.half_squares is not None:
            scores -= _half_squares(rows[: len(query)])[:, None] + self.half_squares
        if self.first_equal is not None:  # a product rounds a vector by its place
            scores = scores[:, self.first_equal]
        if flags is not None:
            scores[:, ~flags] = -math.inf
        return scores

    def _prepare(self, vectors: Vectors) -> Vectors:
        """[N, D] -> [N, D], of length one, or moved near the origin."""
        return unit_length(vectors) if self.shift is None else vectors - self.shift


def _first_equal(vectors: Vectors) -> IntArray | None:
    """[G] the row of the first vector that equals each to the bit; None where all differ."""
    bits = np.ascontiguousarray(vectors).view(np.uint32)
    odd = np.random.default_rng(0).integers(2**63, size=bits.shape[1], dtype=np.uint64) | np.uint64(1)
    starts = range(0, len(bits), HASHED)
    hashes = np.concatenate([(bits[start : start + HASHED] * odd).sum(1, dtype=np.uint64) for start in starts])
    _, first, group = np.unique(hashes, return_index=True, return_inverse=True)
    if len(first) == len(bits):
        return None
    candidate = first[group]
    return np.where((bits[candidate] == bits).all(1), candidate, np.arange(len(bits)))


def _half_squares(vectors: Vectors) -> Vectors:
    halves: Vectors = np.einsum("nd,nd->n", vectors, vectors) / 2
    return halves


def _best(scores: Vectors, k: int) -> npt.NDArray[np.int64]:
    """[G] -> the rows of the k greatest scores, the greatest first, equal ones by row; those of -inf left out."""
    least = np.partition(scores, len(scores) - k)[len(scores) - k]
    rows = np.flatnonzero((scores >= least) & (scores > -math.inf))
    order = np.argsort(-scores[rows], kind="stable")
    return rows[order[:k]]
