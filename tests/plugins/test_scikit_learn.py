from __future__ import annotations

import warnings
from collections.abc import Callable

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from fsim_plugins.scikit_learn import NOISE, gaussian_mixture, hdbscan, kmeans, ward

METHODS: dict[str, Callable[[np.ndarray, int], np.ndarray]] = {
    "kmeans": lambda points, num_clusters: kmeans(points, num_clusters, 0),
    "ward": ward,
    "gaussian_mixture": lambda points, num_clusters: gaussian_mixture(points, num_clusters, 0),
    "hdbscan": lambda points, num_clusters: hdbscan(points, 5),
}


@pytest.mark.parametrize("method", METHODS)
def test_finds_clusters_that_lie_apart(method: str) -> None:
    truth = np.arange(90) % 3
    points = 20 * np.eye(3)[truth] + np.random.default_rng(0).normal(size=(90, 3))
    found = METHODS[method](points, 3)
    assert found.dtype == np.int64
    assert adjusted_rand_score(truth, found) == 1


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("num_points", [2, 3, 12])
def test_points_that_coincide_give_no_warning(method: str, num_points: int) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert len(METHODS[method](np.ones((num_points, 3)), 2)) == num_points


def test_seeds_beyond_32_bits() -> None:
    points = np.random.default_rng(0).normal(size=(20, 2))
    np.testing.assert_array_equal(kmeans(points, 3, 2**40 + 5), kmeans(points, 3, 5))


def test_too_few_points_for_a_cluster_are_noise() -> None:
    assert set(hdbscan(np.random.default_rng(0).normal(size=(5, 2)), 5)) == {NOISE}
