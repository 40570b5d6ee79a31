"""Squared Euclidean distance and cosine, between rows and between all pairs of rows, safe to differentiate.

Everything is in float32 at least, also where the network runs in bfloat16 under autocast: a bfloat16 has 8 bits of
mantissa, and the distance of two near embeddings would drown in rounding. Casting the inputs is not enough, because
autocast casts the operands of every matrix product down again.

Shape legend: N and M rows, D embedding, B batch, P pairs.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext

import torch
from torch import Tensor

# Beyond this many pairs for each row, the matrix of all pairs costs less than gathering [P, D] rows twice.
DENSE_PAIRS_PER_ROW = 4


def masked_mean(values: Tensor, mask: Tensor) -> Tensor:
    """Mean of the values where `mask` (bool, same shape) holds; 0, in the graph, where it holds nowhere."""
    return torch.where(mask, values, 0).sum() / mask.sum().clamp_min(1)


def masked_logsumexp(values: Tensor, mask: Tensor, dim: int) -> Tensor:
    """log of the sum of exp(value) along `dim`, over the values where `mask` (bool, same shape) holds.

    Where it holds nowhere, the lowest finite number of the type: minus infinity would make the gradient NaN.
    """
    return values.masked_fill(~mask, torch.finfo(values.dtype).min).logsumexp(dim)


def at_least_float32(tensor: Tensor) -> Tensor:
    """The tensor in float32; float64 stays float64."""
    return tensor.to(torch.promote_types(tensor.dtype, torch.float32))


def no_autocast(device: torch.device) -> AbstractContextManager[object]:
    """A context in which operations on `device` keep the type of their operands."""
    if not torch.amp.is_autocast_available(device.type):
        return nullcontext()
    return torch.autocast(device.type, enabled=False)


def root(squared: Tensor) -> Tensor:
    """Square root of values >= 0, any shape, whose gradient at 0 is 0, where that of `sqrt` is infinite: the
    distance of two equal embeddings has no direction in which to grow."""
    zero = squared <= 0
    return squared.masked_fill(zero, 1).sqrt().masked_fill(zero, 0)


def unit(vectors: Tensor) -> Tensor:
    """[N, D] -> [N, D], rows of length one. A row of zeros stays zero, and gets the gradient of a row of
    length one (that of `torch.nn.functional.normalize` is 1e12 times as large)."""
    vectors = at_least_float32(vectors)
    length = torch.linalg.vector_norm(vectors, dim=-1, keepdim=True)  # [N, 1]
    scaled: Tensor = vectors / length.masked_fill(length == 0, 1)
    return scaled


def inner_products(first: Tensor, second: Tensor) -> Tensor:
    """[N, D], [M, D] -> [N, M]."""
    with no_autocast(first.device):
        return at_least_float32(first) @ at_least_float32(second).T


def cosine_matrix(first: Tensor, second: Tensor) -> Tensor:
    """Cosine of all pairs of rows: [N, D], [M, D] -> [N, M]; 0 where either row is zero."""
    return inner_products(unit(first), unit(second)).clamp(-1, 1)


def cosine_of_pairs(embedding: Tensor, first: Tensor, second: Tensor) -> Tensor:
    """Cosine of the given pairs of rows: [B, D], [P], [P] -> [P]; 0 where either row is zero."""
    if len(first) > DENSE_PAIRS_PER_ROW * len(embedding):
        return cosine_matrix(embedding, embedding)[first, second]
    rows = unit(embedding)
    return (rows.index_select(0, first) * rows.index_select(0, second)).sum(-1).clamp(-1, 1)


def squared_euclidean_matrix(first: Tensor, second: Tensor) -> Tensor:
    """Squared Euclidean distance of all pairs of rows: [N, D], [M, D] -> [N, M].

    |a|^2 + |b|^2 - 2ab loses digits where the rows lie far from the origin and near each other, so both are
    moved to the mean of `second` first, which changes no distance.
    """
    first, second = at_least_float32(first), at_least_float32(second)
    centre = second.detach().mean(0)  # [D]
    first, second = first - centre, second - centre
    lengths = first.square().sum(1)[:, None] + second.square().sum(1)  # [N, M]
    return (lengths - 2 * inner_products(first, second)).clamp_min(0)


def squared_euclidean_of_pairs(embedding: Tensor, first: Tensor, second: Tensor) -> Tensor:
    """Squared Euclidean distance of the given pairs of rows: [B, D], [P], [P] -> [P]."""
    if len(first) > DENSE_PAIRS_PER_ROW * len(embedding):
        return squared_euclidean_matrix(embedding, embedding)[first, second]
    rows = at_least_float32(embedding)
    return (rows.index_select(0, first) - rows.index_select(0, second)).square().sum(-1)
