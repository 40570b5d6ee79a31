from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from fsim.functional.distances import (
    cosine_matrix,
    cosine_of_pairs,
    root,
    squared_euclidean_matrix,
    squared_euclidean_of_pairs,
    unit,
)


def rows(num_rows: int, dim: int = 5, seed: int = 0, dtype: torch.dtype = torch.float64) -> Tensor:
    return torch.randn(num_rows, dim, generator=torch.Generator().manual_seed(seed)).to(dtype)


def slow_squared(a: Tensor, b: Tensor) -> float:
    return sum((x - y) ** 2 for x, y in zip(a.tolist(), b.tolist(), strict=True))


def slow_cosine(a: Tensor, b: Tensor) -> float:
    lengths = math.sqrt(sum(x * x for x in a.tolist()) * sum(y * y for y in b.tolist()))
    return sum(x * y for x, y in zip(a.tolist(), b.tolist(), strict=True)) / lengths if lengths else 0.0


def test_matrices_equal_a_double_loop() -> None:
    first, second = rows(4, seed=1), rows(3, seed=2)
    squared = torch.tensor([[slow_squared(a, b) for b in second] for a in first], dtype=torch.float64)
    cosine = torch.tensor([[slow_cosine(a, b) for b in second] for a in first], dtype=torch.float64)
    torch.testing.assert_close(squared_euclidean_matrix(first, second), squared)
    torch.testing.assert_close(cosine_matrix(first, second), cosine)


@pytest.mark.parametrize("num_pairs", [0, 1, 7, 50])  # 50 pairs of 6 rows take the road over the matrix
def test_pairs_equal_a_loop(num_pairs: int) -> None:
    embedding = rows(6)
    first, second = torch.randint(6, (2, num_pairs), generator=torch.Generator().manual_seed(0))
    chosen = list(zip(embedding[first], embedding[second], strict=True))
    squared = torch.tensor([slow_squared(a, b) for a, b in chosen], dtype=torch.float64)
    cosine = torch.tensor([slow_cosine(a, b) for a, b in chosen], dtype=torch.float64)
    torch.testing.assert_close(squared_euclidean_of_pairs(embedding, first, second), squared)
    torch.testing.assert_close(cosine_of_pairs(embedding, first, second), cosine)


def test_both_roads_to_a_pair_have_the_same_gradient() -> None:
    first, second = torch.triu_indices(12, 12, 1)  # 66 pairs of 12 rows: over the matrix
    for of_pairs in (squared_euclidean_of_pairs, cosine_of_pairs):
        dense, sparse = rows(12).requires_grad_(), rows(12).requires_grad_()
        of_pairs(dense, first, second).square().sum().backward()
        for part in range(0, 66, 33):
            of_pairs(sparse, first[part : part + 33], second[part : part + 33]).square().sum().backward()
        torch.testing.assert_close(dense.grad, sparse.grad)


def test_squared_distances_far_from_the_origin_keep_their_digits() -> None:
    near = rows(5, dtype=torch.float32)
    far = near + 1024
    exact = squared_euclidean_matrix((far - 1024).double(), (far - 1024).double()).float()
    torch.testing.assert_close(squared_euclidean_matrix(far, far), exact, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("measure", [squared_euclidean_matrix, cosine_matrix])
def test_bfloat16_under_autocast_is_computed_in_float32(measure) -> None:
    low = rows(6, dtype=torch.bfloat16)
    with torch.autocast("cpu", torch.bfloat16):
        found = measure(low, low)
    assert found.dtype == torch.float32
    torch.testing.assert_close(found, measure(low.float(), low.float()))


def test_root_has_gradient_zero_at_zero() -> None:
    squared = torch.tensor([0.0, 4.0, 0.25], requires_grad=True)
    distance = root(squared)
    distance.sum().backward()
    torch.testing.assert_close(distance, torch.tensor([0.0, 2.0, 0.5]))
    torch.testing.assert_close(squared.grad, torch.tensor([0.0, 0.25, 1.0]))


def test_gradients_are_finite_where_rows_coincide() -> None:
    embedding = rows(1, dtype=torch.float32).repeat(4, 1).requires_grad_()
    root(squared_euclidean_matrix(embedding, embedding)).sum().backward()
    torch.testing.assert_close(embedding.grad, torch.zeros(4, 5))


def test_unit_of_a_zero_row() -> None:
    vectors = torch.tensor([[0.0, 0.0], [3.0, 4.0]], requires_grad=True)
    scaled = unit(vectors)
    torch.testing.assert_close(scaled, torch.tensor([[0.0, 0.0], [0.6, 0.8]]))
    (scaled * torch.tensor([[1.0, 2.0], [0.0, 0.0]])).sum().backward()
    torch.testing.assert_close(vectors.grad, torch.tensor([[1.0, 2.0], [0.0, 0.0]]))


@given(
    seed=st.integers(0, 1000),
    num_rows=st.integers(1, 8),
    dim=st.integers(1, 6),
    scale=st.sampled_from([0.0, 1e-20, 1e-6, 1.0, 1e6]),
)
def test_ranges_and_gradients(seed: int, num_rows: int, dim: int, scale: float) -> None:
    embedding = (rows(num_rows, dim, seed, torch.float32) * scale).requires_grad_()
    squared, cosine = squared_euclidean_matrix(embedding, embedding), cosine_matrix(embedding, embedding)
    assert (squared >= 0).all()
    assert (cosine.abs() <= 1).all()
    (root(squared).sum() + cosine.sum()).backward()
    assert embedding.grad.isfinite().all()
