"""The exact nearest gallery vectors of every query, in bounded memory.

The scores are made block by block and never held whole. Of each block only what beats a query's floor, its k-th best
score so far, is taken out, so that nearly all scores cost one comparison. In leave-one-out a block serves its rows as
queries and, transposed, its columns: half the products suffice. What survives is kept as one int64 for score and index,
so that one ascending sort ranks by falling score and then by rising index.

Shape legend: Q queries, G gallery, K neighbours, B rows of a block, N survivors of a block.
"""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from torch import Tensor

from fsim.errors import FsimError
from fsim.functional.retrieval.similarity import Similarity
from fsim.interfaces import Distance, IntArray, JunkLabels

BLOCK = 1024
SAMPLE = 2048  # gallery vectors that give the first floors
FOLD = 8  # of so many sampled scores only the best is looked at
PATIENCE = 16  # survivors that a query may have waiting, at least
Keys = npt.NDArray[np.int64]
Scores = npt.NDArray[np.float32]
LAST = np.iinfo(np.int64).max  # sorts behind every key


@dataclass(frozen=True)
class Neighbours:
    """The nearest gallery vectors of each query, nearest first; equal scores in gallery order."""

    index: Tensor  # [Q, K] int64; -1 where the gallery has no more
    score: Tensor  # [Q, K] float32, see `Similarity`; -inf where the gallery has no more


def topk(
    query: Tensor,
    gallery: Tensor | None,
    k: int,
    distance: Distance,
    block: int = BLOCK,
    junk: JunkLabels | None = None,
) -> Neighbours:
    """The k gallery vectors with the greatest score, for every query.

    Equal scores rank by gallery index, and identical gallery vectors score alike. The answer doesn't depend on the
    size of a block where the arithmetic is exact (embeddings of small whole numbers, Euclidean); elsewhere different
    vectors whose scores agree to rounding (about 1e-7) may change places.

    Memory beside the embeddings: a copy of them, some 24 bytes a neighbour, and about 100 MB.

    Args:
        query: [Q, D].
        gallery: [G, D]; None means leave-one-out: a query's answers are all the others, never itself.
        k: neighbours for a query, 1 or more. Where the gallery has fewer, the rest is filled with -1.
        distance: `cosine` or `euclidean`.
        block: queries and gallery vectors in a block of scores, at most 32,704.
        junk: what is junk to a query is not among its answers.

    Raises:
        FsimError: k below 1; embeddings that cannot be compared (see `Similarity`).
    """
    if k < 1:
        raise FsimError(f"no query has {k} neighbours: set k to 1 or more")
    similarity = Similarity(query, gallery, distance, block, block, junk)
    best = _Best(similarity, max(1, min(k, similarity.num_gallery)))
    for row in range(0, similarity.num_queries, similarity.query_block):
        first = row if similarity.leave_one_out else 0
        for column in range(first, similarity.num_gallery, similarity.gallery_block):
            best.meet(similarity.block(row, column), row, column)
    return best.neighbours(k)


class _Best:
    """The best k of what each query has met so far.

    A query meets the gallery in order, as a row or as a column, so an equal score that comes later never displaces
    one that is held: to beat the floor is to be greater.
    """

    def __init__(self, similarity: Similarity, k: int) -> None:
        self.similarity, self.k = similarity, k
        self.block = similarity.query_block
        assert self.block < 2**15, "rows of a block are held as int16"
        self.keys = np.full((similarity.num_rows, k), LAST)  # [Q', K] ascending
        self.floor = _first_floor(similarity, k)  # [Q']
        self.waiting: dict[int, list[tuple[npt.NDArray[np.int16], Keys]]] = {}  # rows and keys, for each block
        self._floors = torch.empty(similarity.query_block, similarity.gallery_block)
        self._above = torch.empty_like(self._floors, dtype=torch.bool)

    def meet(self, scores: Tensor, row: int, column: int) -> None:
        """Takes what is among the best from the block of scores [B, C] that begins with that query and column."""
        num_rows, num_columns = scores.shape
        floor = torch.from_numpy(self.floor)
        lowest = floor[row : row + num_rows, None]  # [B, 1]
        mirrored = self.similarity.leave_one_out and row != column
        if mirrored:
            lowest = torch.minimum(lowest, floor[column : column + num_columns], out=self._floors)  # [B, C]
        above = torch.gt(scores, lowest, out=self._above)
        place = np.flatnonzero(above.numpy())  # [N]
        down = place // num_columns
        along = place - down * num_columns
        score = scores.numpy().ravel()[place]
        self._offer(row, down, score, column + along)
        if mirrored:
            self._offer(column, along, score, row + down)

    def _offer(self, row: int, down: IntArray, score: Scores, index: IntArray) -> None:
        """Puts those [N] that beat the floor of their query, which is `row + down`, among the waiting."""
        better = np.flatnonzero(score > self.floor[row + down])
        waiting = self.waiting.setdefault(row, [])
        waiting.append((down[better].astype(np.int16), sort_key(score[better], index[better])))
        if sum(len(keys) for _, keys in waiting) > self.block * max(self.k, PATIENCE):
            self._merge(row)

    def _merge(self, row: int) -> None:
        """Sorts the waiting of a block in, and raises its floors."""
        waiting = self.waiting.pop(row)
        down, keys = np.concatenate([down for down, _ in waiting]), np.concatenate([keys for _, keys in waiting])
        order = np.argsort(down, kind="stable")  # a radix sort, because of the 16 bits
        down, keys = down[order], keys[order]
        counts = np.bincount(down, minlength=self.block)  # [B]
        position = np.arange(len(down)) - (counts.cumsum() - counts)[down]  # among those of the same query
        rows = slice(row, row + self.block)
        wide = np.full((self.block, self.k + counts.max()), LAST)
        wide[:, : self.k] = self.keys[rows]
        wide[down, self.k + position] = keys
        wide.sort(axis=1)
        self.keys[rows] = wide[:, : self.k]
        last = wide[:, self.k - 1]
        self.floor[rows] = np.where(last == LAST, self.floor[rows], score_of(last))

    def neighbours(self, k: int) -> Neighbours:
        """What is best when all is met, filled up to k."""
        for row in list(self.waiting):
            self._merge(row)
        keys = self.keys[: self.similarity.num_queries]
        missing = keys == LAST
        index = torch.from_numpy(np.where(missing, -1, index_of(keys)))
        score = torch.from_numpy(np.where(missing, np.float32(-np.inf), score_of(keys)))
        padding = (0, k - self.k)
        return Neighbours(F.pad(index, padding, value=-1), F.pad(score, padding, value=-math.inf))


def _first_floor(similarity: Similarity, k: int) -> Scores:
    """[Q'] what at least k of the gallery beat, from a sample of it; infinite for filling rows, which want none.

    Without it all of the first blocks would survive, and all of every block where the gallery is in an unlucky order.
    """
    floor = torch.full((similarity.num_rows,), torch.finfo(torch.float32).min)
    floor[similarity.num_queries :] = math.inf
    stride = max(1, similarity.num_gallery // max(SAMPLE, 4 * FOLD * k))
    sample = slice(0, similarity.num_gallery // (FOLD * stride) * FOLD * stride, stride)
    wanted = k + similarity.leave_one_out  # the query itself may be in the sample
    if wanted > len(similarity.gallery[sample]) // FOLD:
        return floor.numpy()
    for row in range(0, similarity.num_queries, similarity.query_block):
        scores = similarity.sample(row, sample)  # [B, S]
        folded = functools.reduce(torch.maximum, scores.chunk(FOLD, dim=1))  # [B, S / FOLD]
        reached = folded.topk(wanted, dim=1).values[:, -1]
        rows = slice(row, min(row + similarity.query_block, similarity.num_queries))
        # Beaten even where the same pair's score was rounded up here and will be rounded down in its block.
        certain = (reached - similarity.rounding[row : row + similarity.query_block])[: rows.stop - row]
        floor[rows] = torch.nextafter(certain, torch.tensor(-math.inf))
    return floor.numpy()


def sort_key(score: Scores, index: npt.NDArray[np.int64]) -> Keys:
    """The key of a score, not NaN, and an index, 0 to 2^32 - 1."""
    bits = (score + np.float32(0)).view(np.int32)  # the sum makes minus zero zero
    return (~_flipped(bits)).astype(np.int64) << 32 | index


def index_of(key: Keys) -> npt.NDArray[np.int64]:
    """The index of a key."""
    return key & 0xFFFFFFFF


def score_of(key: Keys) -> Scores:
    """The score of a key."""
    return _flipped(~(key >> 32).astype(np.int32)).view(np.float32)


def _flipped(bits: npt.NDArray[np.int32]) -> npt.NDArray[np.int32]:
    """A float's bits as an int32 of the same order, and back: those below zero count the other way round."""
    return bits ^ ((bits >> 31) & np.int32(0x7FFFFFFF))
