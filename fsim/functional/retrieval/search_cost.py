"""Estimate the cost of a search: seconds extrapolated from a slice of it, and memory above the embeddings.

Slices are of random vectors, take a few tenths of a second, and are scaled up: right to within a factor of about two,
since real neighbourhoods differ, and so does what else the machine has to do. Pairs so few that they take less than a
second are not timed, and cost 0.

`num_gallery` None means leave-one-out, as in `topk`. Shape legend: Q queries, G gallery, D embedding.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from fsim.functional.retrieval.relevant_ranks import ranks_in_gallery
from fsim.functional.retrieval.similarity import SCORES_IN_MEMORY, TILE
from fsim.functional.retrieval.topk import BLOCK, topk
from fsim.interfaces import Cost

FEW_PAIRS = 2**23
FEWER, MORE = 2**6, 2**8 + 2**6  # queries of two slices: what both take is of the gallery, and done once
GALLERY = 2**15  # of a slice at most: in a smaller one too large a share of it is near
NUMBERS = 2**23  # of a slice's gallery at most
LABELS = 100
BYTES_PER_NEIGHBOUR = 64  # of its index and score, and of the ranks and metrics made of it
BYTES_PER_SCORE = 16  # of a block, with what is made of it
BYTES_PER_RANKED = 40  # of a gallery image, in each thread


def cost_of_topk(num_queries: int, num_gallery: int | None, dimensions: int, k: int) -> Cost:
    """Of `topk`, and of the metrics of its answers."""
    images = num_queries if num_gallery is None else num_gallery
    seconds = _seconds(lambda query, gallery: topk(query, gallery, k, "cosine"), num_queries, images, dimensions)
    block = min(BLOCK, num_queries) * min(BLOCK, images)
    size = 4 * images * dimensions + BYTES_PER_NEIGHBOUR * num_queries * k + BYTES_PER_SCORE * block
    return Cost(seconds / 2 if num_gallery is None else seconds, size)  # there a product serves both of its images


def cost_of_ranks(num_queries: int, num_gallery: int | None, dimensions: int) -> Cost:
    """Of `ranks_in_gallery`, as if a query had a hundredth of the gallery relevant."""
    images = num_queries if num_gallery is None else num_gallery
    block = min(num_queries, max(TILE, SCORES_IN_MEMORY // max(1, images))) * images
    ranking = BYTES_PER_RANKED * torch.get_num_threads() * images
    size = 4 * images * dimensions + BYTES_PER_SCORE * block + ranking
    return Cost(_seconds(_rank, num_queries, images, dimensions), size)


def _rank(query: Tensor, gallery: Tensor) -> None:
    labels = torch.arange(max(len(query), len(gallery))) % LABELS
    for _ in ranks_in_gallery(query, gallery, labels[: len(query)], labels[: len(gallery)], "cosine"):
        pass


def _seconds(search: Callable[[Tensor, Tensor], object], num_queries: int, num_gallery: int, dimensions: int) -> float:
    """Of search(query [Q, D], gallery [G, D])."""
    if num_queries * num_gallery <= FEW_PAIRS:
        return 0.0
    size = min(num_gallery, GALLERY, max(1, NUMBERS // dimensions))
    drawn = np.random.default_rng(0).random((MORE + size, dimensions), dtype=np.float32)
    vectors = torch.from_numpy(drawn).sub_(0.5)
    query, gallery = vectors[:MORE], vectors[MORE:]
    once = min(_timed(search, query[:FEWER], gallery) for _ in range(2))  # the first wakes up the threads
    each = max(0.0, _timed(search, query, gallery) - once) / (MORE - FEWER)
    return (once + each * max(0, num_queries - FEWER)) * num_gallery / size


def _timed(search: Callable[[Tensor, Tensor], object], query: Tensor, gallery: Tensor) -> float:
    start = time.perf_counter()
    search(query, gallery)
    return time.perf_counter() - start
