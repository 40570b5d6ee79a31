"""How near queries are to gallery vectors, as blocks of one matrix product in float32.

The score of a pair is the cosine of its angle, or minus half its squared Euclidean distance: the greater, the nearer.

Identical gallery vectors must score alike, or rounding would decide their order. A matrix product may round the ragged
edge of a matrix, or a matrix of another shape, in another way; so all blocks have one shape, filled up with zero rows.

Shape legend: Q queries, G gallery, D embedding, B rows and C columns of a block.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from fsim.errors import FsimError
from fsim.interfaces import Distance, JunkLabels

LONGEST = 1e18  # float32 has no room for the square of a much longer vector
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
        query = _checked(query, "query")
        gallery = query if gallery is None else _checked(gallery, "gallery")
        shift = _shift(gallery) if self.euclidean else None
        self.query = _prepared(query, shift, self.query_block)  # [Q', D], Q' >= Q
        same = self.leave_one_out and self.query_block == self.gallery_block
        self.gallery = self.query if same else _prepared(gallery, shift, self.gallery_block)  # [G', D]
        self.half_query = self.query.square().sum(1) / 2  # [Q']
        self.half_gallery = self.gallery.square().sum(1) / 2  # [G']
        self.junk = None
        if junk is not None:  # what is unknown or filling has another number in the gallery, and so is no junk
            self.junk = (_labels(junk.query, len(self.query), -1), _labels(junk.gallery, len(self.gallery), -2))
        self._scores = torch.empty(self.query_block, self.gallery_block)
        self._halves = torch.empty_like(self._scores) if self.euclidean else None

    @property
    def rounding(self) -> Tensor:
        """[Q'] what rounding may add to the difference of two scores of a query, at most."""
        longest = self.half_query + self.half_gallery.max()
        return 2 * (self.query.shape[1] + 4) * torch.finfo(torch.float32).eps * longest

    def block(self, row: int, column: int) -> Tensor:
        """[B, C] scores from that row and column on; -inf for a query itself, junk, and where the rows are filling.

        The next call overwrites it.
        """
        rows, columns = slice(row, row + self.query_block), slice(column, column + self.gallery_block)
        scores = torch.mm(self.query[rows], self.gallery[columns].T, out=self._scores)  # [B, C]
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
        scores = self.query[rows] @ self.gallery[columns].T
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
        products = [
            torch.einsum("qd,qkd->qk", query, self.gallery[rows])
            for query, rows in zip(torch.split(self.query[: len(index)], TILE), torch.split(index, TILE), strict=True)
        ]
        return torch.cat(products) - halves if products else torch.empty(index.shape)


def _labels(labels: Tensor, num_rows: int, unknown: int) -> Tensor:
    """[N] -> [N'], those below 0 and the filling `unknown`."""
    filled = labels.new_full((num_rows,), unknown)
    filled[: len(labels)] = labels.masked_fill(labels < 0, unknown)
    return filled


def _tiled(rows: int) -> int:
    return max(1, math.ceil(rows / TILE)) * TILE


def _checked(embedding: Tensor, name: str) -> Tensor:
    embedding = embedding.detach().float()
    # NaN is not smaller than anything either.
    unfit = int((~(torch.linalg.vector_norm(embedding, dim=1) < LONGEST)).sum())
    if unfit:
        raise FsimError(
            f"{unfit} of {len(embedding)} {name} embeddings are NaN, infinite or longer than {LONGEST:.0e}: "
            "the network has diverged; lower the learning rate"
        )
    return embedding


def _shift(gallery: Tensor) -> Tensor:
    """[G, D] -> [D], nearly the mean of the gallery.

    q.g - |q|^2 / 2 - |g|^2 / 2 loses digits far from the origin, so the embeddings are moved there, which changes no
    distance. The mean is rounded to the power of two below the spread: whole numbers stay whole, and equal distances
    between them equal.
    """
    if not len(gallery):
        return gallery.new_zeros(gallery.shape[1])
    spread = float((gallery.amax(0) - gallery.amin(0)).max())
    if spread == 0:
        return gallery[0]
    grid = 2.0 ** math.floor(math.log2(spread))
    return ((gallery.mean(0, dtype=torch.float64) / grid).round() * grid).float()


def _prepared(embedding: Tensor, shift: Tensor | None, multiple: int) -> Tensor:
    """[N, D] -> [N', D], of length one or shifted, filled up with zero rows to a multiple."""
    num_rows, dimensions = embedding.shape
    prepared = torch.zeros(max(1, math.ceil(num_rows / multiple)) * multiple, dimensions)
    if shift is not None:
        torch.sub(embedding, shift, out=prepared[:num_rows])
    else:
        length = torch.linalg.vector_norm(embedding, dim=1, keepdim=True)
        torch.div(embedding, length.masked_fill_(length == 0, 1), out=prepared[:num_rows])
    return prepared
