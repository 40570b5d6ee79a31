"""The k-reciprocal encoding of images, and how far apart two encodings are: what the evaluator `k_reciprocal` ranks by.

Zhong, Zheng, Cao and Li, "Re-ranking person re-identification with k-reciprocal encoding", CVPR 2017, as the program
that they published computes it. Matrices [N, N] are sparse: a row holds an image's neighbours.

Shape legend: N images, G those of the gallery, D embedding, K neighbours, P pairs of images.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch
from scipy import sparse
from torch import Tensor

from fsim.functional.distances import unit
from fsim.functional.retrieval.similarity import whole_rows
from fsim.functional.retrieval.topk import topk
from fsim.interfaces import Distance, IntArray

Floats = npt.NDArray[np.float32]

ROWS_IN_MEMORY = 2**12  # of the product of two sparse matrices
NUMBERS_IN_MEMORY = 2**22  # of embeddings whose distances are taken


def reciprocal_encoding(embedding: Tensor, distance: Distance, k1: int, k2: int, farthest: Tensor) -> sparse.csr_array:
    """[N, D] -> V [N, N] float32, each row's sum 1.

    R(i, k) are the images among i and its k nearest that have i among themselves and their k nearest. R*(i) is
    R(i, k1), and R(c, k1 / 2) for each c in it of which more than 2/3 are in R(i, k1) too. V(i, j) is exp(-d(i, j)) for
    j in R*(i), else 0, over the row's sum; then the mean of the rows of i and its k2 - 1 nearest. Where there are fewer
    images, all are neighbours. Equally near ones are taken in their order, an image before its duplicates.

    Args:
        embedding: [N, D].
        distance: d is the squared Euclidean distance, of embeddings scaled to length one where this is `cosine`, over
            that to the farthest image.
        k1: neighbours of the sets, 1 or more.
        k2: images of a mean, 1 or more; itself is one.
        farthest: [N] see `farthest`.
    """
    near = topk(embedding, None, max(k1, k2 - 1), distance).index  # [N, K]
    lists = torch.cat([torch.arange(len(near))[:, None], near], dim=1).numpy()  # [N, 1 + K]
    reciprocal = _mutual(lists[:, : k1 + 1])
    half = _mutual(lists[:, : round(k1 / 2) + 1])
    size = half.sum(axis=1)  # [N]
    parts = []
    for start in range(0, len(lists), ROWS_IN_MEMORY):
        some = reciprocal[start : start + ROWS_IN_MEMORY]
        # Entries (i, c): how many of R(c, k1 / 2) are in R(i, k1), for c in R(i, k1). The sets are symmetric.
        shared = ((some @ half) * some).tocoo()
        within = 3 * shared.data > 2 * size[shared.col]
        joining = sparse.csr_array((shared.data[within], (shared.row[within], shared.col[within])), shared.shape)
        members = (some + joining @ half).tocoo()
        apart = _half_squared(embedding, members.row + start, members.col, distance)  # [P]
        weights = np.exp(-apart / farthest.numpy()[members.row + start])
        one = sparse.csr_array((weights, (members.row, members.col)), members.shape)
        parts.append(sparse.diags_array(1 / one.sum(axis=1)) @ one)
    encoding = sparse.vstack(parts, format="csr", dtype=np.float32)
    return encoding if k2 == 1 else _means(lists[:, :k2]) @ encoding


def farthest(embedding: Tensor, distance: Distance) -> Tensor:
    """[N, D] -> [N] half the squared distance of each image to the one farthest from it; 1 where that is 0."""
    farthest = []
    for _, scores in whole_rows(embedding, None, distance):
        scores.masked_fill_(scores == -torch.inf, torch.inf)  # its own
        farthest.append(half_squared(scores.amin(1), distance))
    longest = torch.cat(farthest)
    return longest.masked_fill(longest == 0, 1)


def half_squared(scores: Tensor, distance: Distance) -> Tensor:
    """Half the squared distances of which these are the scores (see `Similarity`), of any shape."""
    return (1 - scores if distance == "cosine" else -scores).clamp_min(0)


class JaccardDistance:
    """1 - sum_j min(V(q, j), V(g, j)) / sum_j max(V(q, j), V(g, j)), of an encoding and those of the gallery.

    Only images j that both have count, so for each j the gallery images that have it are kept: the inverted index of
    section 3.4 of the paper.

    Args:
        gallery: [G, N] their rows of V.
    """

    def __init__(self, gallery: sparse.csr_array) -> None:
        columns = gallery.tocsc()
        self.num_gallery = gallery.shape[0]
        self.starts, self.images, self.weights = columns.indptr, columns.indices, columns.data

    def __call__(self, columns: IntArray, weights: Floats) -> npt.NDArray[np.float64]:
        """[G] from the entries of a row of V: their columns and weights."""
        start, counts = self.starts[columns], np.diff(self.starts)[columns]
        place = np.arange(counts.sum()) + np.repeat(start - (counts.cumsum() - counts), counts)
        smaller = np.minimum(np.repeat(weights, counts), self.weights[place])
        shared = np.bincount(self.images[place], smaller, self.num_gallery)
        return 1 - shared / (2 - shared)


def _mutual(lists: IntArray) -> sparse.csr_array:
    """[N, K] rows of neighbours or -1 -> [N, N], 1 where each of two is in the other's row."""
    listed = _entries(lists)
    return (listed * listed.T).tocsr()


def _means(lists: IntArray) -> sparse.csr_array:
    """[N, K] rows of neighbours or -1 -> [N, N] float32, which times a matrix is the means of its rows."""
    listed = _entries(lists).astype(np.float32)
    return sparse.diags_array((1 / listed.sum(axis=1)).astype(np.float32)) @ listed


def _entries(lists: IntArray) -> sparse.csr_array:
    rows, places = np.nonzero(lists >= 0)
    return sparse.csr_array((np.ones(len(rows), np.int32), (rows, lists[rows, places])), (len(lists), len(lists)))


def _half_squared(embedding: Tensor, first: IntArray, second: IntArray, distance: Distance) -> Floats:
    """[P] half the squared distances of pairs of rows of [N, D]."""
    pairs = torch.from_numpy(np.stack([first, second]).astype(np.int64))  # [2, P]
    parts = []
    for rows in pairs.split(max(1, NUMBERS_IN_MEMORY // embedding.shape[1]), dim=1):
        one, other = embedding[rows].float()  # [P', D]
        if distance == "cosine":
            parts.append(half_squared((unit(one) * unit(other)).sum(1), distance))
        else:
            parts.append((one - other).square().sum(1) / 2)
    return torch.cat(parts).numpy()
