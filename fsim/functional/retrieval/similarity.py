"""How near queries are to gallery vectors, as blocks of one matrix product in float32.

The score of a pair is the cosine of its angle, or minus half its squared Euclidean distance: the greater, the nearer.

Identical gallery vectors must score alike, or rounding would decide their order. A matrix product may round the ragged
edge of a matrix, or a matrix of another shape, in another way; so all blocks have one shape, filled up with zero rows.

Shape legend: Q queries, G gallery, D embedding, B rows and C columns of a block.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import torch
from torch import Tensor

from fsim.errors import FsimError
from fsim.functional.retrieval.prepared_vectors import checked, half_squares, origin, prepared
from fsim.interfaces import Distance, JunkLabels

SCORES_IN_MEMORY = 2**21  # of `whole_rows`
TILE = 64  # rows of a block are a multiple of it, so that the product's inner loops meet no edge


class Similarity:
    """Scores of every query and gallery vector, a block at a time.

    A zero vector has cosine 0 to every vector.

    Args:
        query: [Q, D].
        gallery: [G, D]; None means leave-one-out: the queries are the gallery, and none is scored against itself.
        distance: `cosine` or `euclidean`.
        query_block: rows of a block, rounded up to a multiple of 64, unless all the queries are fewer.
        gallery_block: columns of a block, likewise.
        junk: none is scored against what is junk to it.

    Raises:
        FsimError: embeddings that are NaN, infinite or longer than 1e18, or that differ in D.
    """

    def __init__(
        self,
        query: Tensor,
        gallery: Tensor | None,
        distance: Distance,
        query_block: int,
        gallery_block: int,
        junk: JunkLabels | None = None,
    ) -> None:
        self.leave_one_out = gallery is None
        self.euclidean = distance == "euclidean"
        self.num_queries = len(query)
        self.num_gallery = len(query) if gallery is None else len(gallery)
        self.query_block = min(_tiled(query_block), _tiled(self.num_queries))  # B
        self.gallery_block = min(_tiled(gallery_block), _tiled(self.num_gallery))  # C
        if gallery is not None and gallery.shape[1] != query.shape[1]:
            raise FsimError(
                f"the queries have {query.shape[1]} dimensions and the gallery has {gallery.shape[1]}: "
                "embed both with the same network"
            )
        self.num_rows = max(1, math.ceil(self.num_queries / self.query_block)) * self.query_block  # Q' >= Q
        query = checked(query, "query")
        gallery = query if gallery is None else checked(gallery, "gallery")
        self._shift = origin(gallery) if self.euclidean else None
        self.gallery = prepared(gallery, self._shift, self.gallery_block)  # [G', D]
        self._same = self.leave_one_out and self.query_block == self.gallery_block
        self._query = query[:0] if self._same else query
        # Of queries that are not the gallery one block at a time is prepared: a second copy is not held.
        self._prepared_row, self._prepared_rows = -1, torch.empty(0)
        self.half_gallery = half_squares(self.gallery)  # [G']
        self.half_query = self.half_gallery if self._same else self._halves_of_rows()  # [Q']
        self.junk = None
        if junk is not None:  # what is unknown or filling has another number in the gallery, and so is no junk
            self.junk = (_labels(junk.query, self.num_rows, -1), _labels(junk.gallery, len(self.gallery), -2))
        self._scores = torch.empty(self.query_block, self.gallery_block)
        self._halves = torch.empty_like(self._scores) if self.euclidean else None

    @property
    def rounding(self) -> Tensor:
        """[Q'] what rounding may add to the difference of two scores of a query, at most."""
        longest = self.half_query + self.half_gallery.max()
        return 2 * (self.gallery.shape[1] + 4) * torch.finfo(torch.float32).eps * longest

    def block(self, row: int, column: int) -> Tensor:
        """[B, C] scores from that row and column on; -inf for a query itself, junk, and where the rows are filling.

        The next call overwrites it.
        """
        rows, columns = slice(row, row + self.query_block), slice(column, column + self.gallery_block)
        scores = torch.mm(self._rows(row), self.gallery[columns].T, out=self._scores)  # [B, C]
        if self._halves is not None:
            # One sum, the same from either side: a pair's score must not depend on which of the two is the query.
            scores -= torch.add(self.half_query[rows, None], self.half_gallery[columns], out=self._halves)
        scores[:, max(0, self.num_gallery - column) :] = -math.inf
        scores[max(0, self.num_queries - row) :] = -math.inf
        if self.leave_one_out:
            scores.diagonal(row - column).fill_(-math.inf)  # none of them in a block beside the diagonal
        return self._without_junk(scores, rows, columns)

    def sample(self, row: int, columns: slice) -> Tensor:
        """[B, S] scores of that row and those below it with a part of the gallery, the query itself included; -inf for
        junk."""
        rows = slice(row, row + self.query_block)
        scores = self._rows(row) @ self.gallery[columns].T
        if self.euclidean:
            scores = scores - self.half_query[rows, None] - self.half_gallery[columns]
        return self._without_junk(scores, rows, columns)

    def _without_junk(self, scores: Tensor, rows: slice, columns: slice) -> Tensor:
        if self.junk is None:
            return scores
        query, gallery = self.junk
        return scores.masked_fill_(query[rows, None] == gallery[columns], -math.inf)

    def of_pairs(self, index: Tensor) -> Tensor:
        """[Q, K] scores of each query and the gallery vectors that its row of `index` [Q, K] names."""
        halves = self.half_query[: len(index), None] + self.half_gallery[index] if self.euclidean else 0
        products = []
        for start in range(0, len(index), TILE):
            some, first = index[start : start + TILE], start // self.query_block * self.query_block
            query = self._rows(first)[start - first : start - first + len(some)]
            products.append(torch.einsum("qd,qkd->qk", query, self.gallery[some]))
        return torch.cat(products) - halves if products else torch.empty(index.shape)

    def _rows(self, row: int) -> Tensor:
        """[B, D] queries of the block that begins with that row, prepared."""
        if self._same:
            return self.gallery[row : row + self.query_block]
        if row != self._prepared_row:
            self._prepared_rows = prepared(self._query[row : row + self.query_block], self._shift, self.query_block)
            self._prepared_row = row
        return self._prepared_rows

    def _halves_of_rows(self) -> Tensor:
        """[Q'] half the squared lengths of the queries."""
        return torch.cat([half_squares(self._rows(row)) for row in range(0, self.num_rows, self.query_block)])


def whole_rows(
    query: Tensor, gallery: Tensor | None, distance: Distance, junk: JunkLabels | None = None
) -> Iterator[tuple[slice, Tensor]]:
    """Rows of queries and their scores with the whole gallery [B, G], block by block; the next overwrites it.

    `gallery` None means leave-one-out: a query's own score is -inf, and so are those of junk.
    """
    num_gallery = len(query if gallery is None else gallery)
    similarity = Similarity(query, gallery, distance, SCORES_IN_MEMORY // max(1, num_gallery), num_gallery, junk)
    for row in range(0, len(query), similarity.query_block):
        rows = slice(row, min(row + similarity.query_block, len(query)))
        yield rows, similarity.block(row, 0)[: rows.stop - row, :num_gallery]


def _labels(labels: Tensor, num_rows: int, unknown: int) -> Tensor:
    """[N] -> [N'], those below 0 and the filling `unknown`."""
    filled = labels.new_full((num_rows,), unknown)
    filled[: len(labels)] = labels.masked_fill(labels < 0, unknown)
    return filled


def _tiled(rows: int) -> int:
    return max(1, math.ceil(rows / TILE)) * TILE
