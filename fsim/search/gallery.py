"""The exact nearest of a gallery that is prepared once, for the few queries that a search has at a time.

Shape legend: G gallery, D embedding, Q queries, K answers.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from fsim.functional.prepared_vectors import checked, half_squares, origin, prepared
from fsim.interfaces import Answers, Distance, Vectors

TILE = 64  # columns of the product are a multiple of it, so that identical vectors score alike
ROWS = 16  # queries of a product, filled up by zeros for the same reason
PART = 64  # queries whose scores are in memory at a time


class Gallery:
    """Embeddings [G, D] in memory, ready to be compared; see `fsim.functional.similarity` for the scores.

    Raises:
        FsimError: embeddings that are NaN, infinite or longer than 1e18.
    """

    def __init__(self, embedding: Vectors, distance: Distance) -> None:
        vectors = checked(torch.from_numpy(np.array(embedding, np.float32)), "gallery")
        self.num_images = len(vectors)
        self.shift = origin(vectors) if distance == "euclidean" else None
        self.vectors = prepared(vectors, self.shift, TILE)  # [G', D]
        self.half = half_squares(self.vectors) if distance == "euclidean" else None  # [G']

    def search(self, queries: Vectors, k: int, flags: npt.NDArray[np.bool_] | None = None) -> Answers:
        """[Q, D] -> rows and scores [Q, K] of the nearest, nearest first, equal scores by row; -1 where there are no
        more. With `flags` [G] only among the images that are flagged.

        Raises:
            FsimError: queries that can't be compared.
        """
        query = checked(torch.from_numpy(np.asarray(queries, np.float32)), "query")
        banned = None if flags is None else torch.from_numpy(~flags)
        ids = np.full((len(query), k), -1, np.int64)
        scores = np.full((len(query), k), -math.inf, np.float32)
        for start in range(0, len(query), PART):
            for place, row in enumerate(self._scores(query[start : start + PART], banned), start):
                best = _best(row, min(k, self.num_images))
                ids[place, : len(best)], scores[place, : len(best)] = best.numpy(), row[best].numpy()
        return Answers(ids, scores)

    def _scores(self, query: Tensor, banned: Tensor | None) -> Tensor:
        """[Q, D] -> [Q, G], -inf where it is banned."""
        rows = prepared(query, self.shift, ROWS)  # [Q', D]
        scores = rows @ self.vectors.T
        if self.half is not None:
            scores -= half_squares(rows)[:, None] + self.half
        scores = scores[: len(query), : self.num_images]
        return scores if banned is None else scores.masked_fill_(banned, -math.inf)


def _best(scores: Tensor, k: int) -> Tensor:
    """[G] -> the places of the k greatest, the greatest first, equal ones in their order; no -inf among them."""
    least = scores.topk(k).values[-1]
    places = torch.nonzero((scores >= least) & (scores > -math.inf))[:, 0]
    order = torch.sort(scores[places], descending=True, stable=True).indices
    return places[order[:k]]
