from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from fsim.functional.clusters.principal import principal_components
from fsim.functional.clusters.unlabelled_measures import cloud_to_uniform, hopkins


def mean_hopkins(points: np.ndarray) -> float:
    draws = [hopkins(torch.tensor(points), 500, np.random.default_rng(seed)) for seed in (11, 12, 13)]
    return float(np.mean(draws))


@settings(max_examples=50, deadline=None)
@given(st.integers(2, 30), st.integers(1, 5), st.integers(1, 40), st.integers(0, 99))
def test_equals_the_slow_formula(num_points: int, dimensions: int, num_probes: int, seed: int) -> None:
    points = np.random.default_rng(seed).normal(size=(num_points, dimensions))
    probes = min(num_points, num_probes)
    rng = np.random.default_rng(seed)
    low, high = points.min(0), points.max(0)
    places = low + (high - low) * rng.random((probes, dimensions))
    chosen = rng.choice(num_points, probes, replace=False)
    u = [min(math.dist(place, point) for point in points) for place in places]
    w = [min(math.dist(points[i], points[j]) for j in range(num_points) if j != i) for i in chosen]
    upper, lower = (sum(distance**dimensions for distance in distances) for distances in (u, w))
    found = hopkins(torch.tensor(points), num_probes, np.random.default_rng(seed))
    assert found == pytest.approx(upper / (upper + lower), rel=1e-6)


@pytest.mark.parametrize("dimensions", [1, 2, 5])
def test_uniform_points_give_a_half(dimensions: int) -> None:
    points = np.random.default_rng(0).random((2000, dimensions))
    assert mean_hopkins(points) == pytest.approx(0.5, abs=0.05)


def test_clusters_and_lattice() -> None:
    rng = np.random.default_rng(0)
    clusters = rng.random((5, 2))[rng.integers(0, 5, 500)] + 0.01 * rng.normal(size=(500, 2))
    assert mean_hopkins(clusters) > 0.9
    lattice = np.stack(np.meshgrid(np.arange(20.0), np.arange(20.0)), axis=-1).reshape(-1, 2)
    assert mean_hopkins(lattice) < 0.3


def test_powers_that_no_float_can_hold() -> None:
    points = np.random.default_rng(0).random((50, 600)) * 1e-3
    assert 0 < mean_hopkins(points) < 1


@pytest.mark.parametrize("dimensions", [2, 5])
def test_a_round_cloud_becomes_uniform_and_clusters_stay(dimensions: int) -> None:
    rng = np.random.default_rng(0)
    cloud = rng.normal(size=(2000, 64)) * np.exp(-np.arange(64) / 10)
    clusters = 2 * rng.normal(size=(6, 64))[rng.integers(0, 6, 2000)] + rng.normal(size=(2000, 64))
    assert mean_hopkins(principal_components(torch.tensor(cloud), dimensions).numpy()) > 0.9
    leading = cloud_to_uniform(principal_components(torch.tensor(cloud), dimensions))
    assert mean_hopkins(leading.numpy()) == pytest.approx(0.5, abs=0.06)
    leading = cloud_to_uniform(principal_components(torch.tensor(clusters), dimensions))
    assert mean_hopkins(leading.numpy()) > 0.9


@pytest.mark.parametrize("num_points", [0, 1, 2, 5])
def test_no_extent(num_points: int) -> None:
    assert math.isnan(hopkins(torch.ones(num_points, 3), 10, np.random.default_rng(0)))


def test_points_in_couples_are_clustered() -> None:
    points = torch.tensor(np.random.default_rng(0).random((20, 2))).repeat(2, 1)
    assert hopkins(points, 40, np.random.default_rng(0)) == 1
