"""Embeddings, made ready for blocks of a matrix product (see `Similarity`).

Shape legend: N vectors, D embedding.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from fsim.errors import FsimError
from fsim.functional.retrieval.index_vectors import LONGEST

PART = 2**14  # rows that are copied at a time


def checked(embedding: Tensor, name: str) -> Tensor:
    """[N, D] as float32, without gradient.

    Raises:
        FsimError: some are NaN, infinite or longer than 1e18; `name` says whose they are.
    """
    embedding = embedding.detach().float()
    # NaN is not smaller than anything either.
    unfit = int((~(torch.linalg.vector_norm(embedding, dim=1) < LONGEST)).sum())
    if unfit:
        raise FsimError(
            f"{unfit} of {len(embedding)} {name} embeddings are NaN, infinite or longer than {LONGEST:.0e}: "
            "the network has diverged; lower the learning rate"
        )
    return embedding


def origin(gallery: Tensor) -> Tensor:
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
    # Part by part: torch makes a float64 copy of what it sums in float64.
    total = torch.stack([part.sum(0, dtype=torch.float64) for part in torch.split(gallery, PART)]).sum(0)
    return ((total / len(gallery) / grid).round() * grid).float()


def half_squares(vectors: Tensor) -> Tensor:
    """[N, D] -> [N], half their squared lengths, without a copy of their squares."""
    return torch.cat([part.square().sum(1) / 2 for part in torch.split(vectors, PART)])


def prepared(embedding: Tensor, shift: Tensor | None, multiple: int) -> Tensor:
    """[N, D] -> [N', D], of length one or shifted, filled up with zero rows to a multiple."""
    num_rows, dimensions = embedding.shape
    ready = torch.zeros(max(1, math.ceil(num_rows / multiple)) * multiple, dimensions)
    if shift is not None:
        torch.sub(embedding, shift, out=ready[:num_rows])
    else:  # as `distances.unit` does, but into the rows that are there, without a second copy
        length = torch.linalg.vector_norm(embedding, dim=1, keepdim=True)
        torch.div(embedding, length.masked_fill_(length == 0, 1), out=ready[:num_rows])
    return ready
