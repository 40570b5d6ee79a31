from __future__ import annotations

import math
from itertools import combinations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from fsim.functional.clusters.unlabelled_measures import alignment, uniformity


def scaled(embedding: torch.Tensor) -> list[list[float]]:
    return [(row / row.norm()).tolist() for row in embedding.double()]


@settings(deadline=None)
@given(st.lists(st.integers(0, 4), min_size=2, max_size=20), st.integers(1, 6), st.integers(0, 99))
def test_equal_the_slow_formulas(labels: list[int], dimensions: int, seed: int) -> None:
    embedding = torch.randn(len(labels), dimensions, generator=torch.Generator().manual_seed(seed)) * 5
    points = scaled(embedding)
    pairs = list(combinations(range(len(labels)), 2))
    squared = {pair: math.dist(points[pair[0]], points[pair[1]]) ** 2 for pair in pairs}

    potential = sum(math.exp(-2 * squared[pair]) for pair in pairs) / len(pairs)
    assert uniformity(embedding) == pytest.approx(math.log(potential), abs=1e-5)

    same = [squared[i, j] for i, j in pairs if labels[i] == labels[j]]
    numbers = torch.tensor(labels).unique(return_inverse=True)[1]
    expected = sum(same) / len(same) if same else math.nan
    assert alignment(embedding, numbers) == pytest.approx(expected, abs=1e-5, nan_ok=True)


def test_ranges() -> None:
    opposite = torch.tensor([[1.0, 0], [-1, 0]])
    assert uniformity(opposite) == pytest.approx(-8)
    assert alignment(opposite, torch.tensor([0, 0])) == pytest.approx(4)
    collapsed = torch.ones(5, 3)
    assert uniformity(collapsed) == pytest.approx(0, abs=1e-6)
    assert alignment(collapsed, torch.zeros(5, dtype=torch.int64)) == pytest.approx(0, abs=1e-9)


def test_undefined() -> None:
    assert math.isnan(uniformity(torch.ones(1, 3)))
    assert math.isnan(uniformity(torch.ones(0, 3)))
    assert math.isnan(alignment(torch.randn(3, 2), torch.arange(3)))
    assert math.isnan(alignment(torch.ones(0, 3), torch.zeros(0, dtype=torch.int64)))


def test_zeros() -> None:
    zeros = torch.zeros(4, 3)
    assert uniformity(zeros) == pytest.approx(0)
    assert alignment(zeros, torch.tensor([0, 0, 1, 1])) == 0
