from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics

from fsim.functional.clusters import separation_measures
from fsim.functional.clusters.separation_measures import calinski_harabasz, coincide, separation, silhouette, summarise


def clouds(
    num_points: int, num_groups: int, dimensions: int, seed: int, offset: float = 0
) -> tuple[torch.Tensor, torch.Tensor]:
    """Groups of random sizes, at least one point each, that overlap."""
    rng = np.random.default_rng(seed)
    groups = np.r_[np.arange(num_groups), rng.integers(0, num_groups, num_points - num_groups)]
    centres = rng.normal(size=(num_groups, dimensions))
    points = centres[groups] + rng.normal(size=(num_points, dimensions)) + offset
    return torch.tensor(points, dtype=torch.float32), torch.from_numpy(groups)


@settings(max_examples=50, deadline=None)
@given(st.integers(3, 60), st.integers(2, 20), st.integers(1, 6), st.integers(0, 99), st.sampled_from([0, 300]))
def test_equal_scikit_learn(num_points: int, num_groups: int, dimensions: int, seed: int, offset: float) -> None:
    num_groups = min(num_groups, num_points - 1)
    points, groups = clouds(num_points, num_groups, dimensions, seed, offset)
    exact, labels = points.double().numpy(), groups.numpy()
    exact = exact - exact[0]  # scikit-learn loses digits far from zero
    summary = summarise(points, groups)
    assert silhouette(points, groups) == pytest.approx(metrics.silhouette_score(exact, labels), abs=1e-6)
    expected = metrics.davies_bouldin_score(exact, labels)
    assert separation(summary).davies_bouldin == pytest.approx(expected, rel=1e-6)
    expected = metrics.calinski_harabasz_score(exact, labels)
    assert calinski_harabasz(summary) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("in_memory", [0, 2**22])
@pytest.mark.parametrize("num_groups", [3, 600])
def test_equal_scikit_learn_beyond_a_block_of_rows(
    monkeypatch: pytest.MonkeyPatch, in_memory: int, num_groups: int
) -> None:
    monkeypatch.setattr(separation_measures, "SUMS_IN_MEMORY", in_memory)
    points, groups = clouds(1300, num_groups, 5, seed=0)
    exact, labels = points.double().numpy(), groups.numpy()
    summary = summarise(points, groups)
    assert silhouette(points, groups) == pytest.approx(metrics.silhouette_score(exact, labels), abs=1e-9)
    expected = metrics.davies_bouldin_score(exact, labels)
    assert separation(summary).davies_bouldin == pytest.approx(expected, rel=1e-9)


@settings(max_examples=50, deadline=None)
@given(st.integers(4, 40), st.integers(2, 8), st.integers(1, 4), st.integers(0, 99))
def test_ratio_and_dunn(num_points: int, num_groups: int, dimensions: int, seed: int) -> None:
    num_groups = min(num_groups, num_points // 2)
    points, groups = clouds(num_points, num_groups, dimensions, seed)
    members = [points[groups == group].double().numpy() for group in range(num_groups)]
    centroids = [of_group.mean(0) for of_group in members]
    to_centroid = [
        [math.dist(point, centroid) for point in of_group]
        for of_group, centroid in zip(members, centroids, strict=True)
    ]
    between = [math.dist(centroids[i], centroids[j]) for i in range(num_groups) for j in range(num_groups) if i != j]
    found = separation(summarise(points, groups))
    intra = sum(map(sum, to_centroid)) / num_points
    assert found.intra_inter_ratio == pytest.approx(intra / (sum(between) / len(between)), rel=1e-6)
    diameter = max(2 * sum(of_group) / len(of_group) for of_group in to_centroid)
    assert found.centroid_dunn == pytest.approx(min(between) / diameter, rel=1e-6)


def test_tight_groups_beat_loose_ones() -> None:
    centres = torch.tensor([[0.0, 0], [10, 0], [0, 10]])
    groups = torch.arange(60) % 3
    noise = torch.randn(60, 2, generator=torch.Generator().manual_seed(0))
    tight, loose = centres[groups] + 0.1 * noise, centres[groups] + 3 * noise
    assert silhouette(tight, groups) > 0.95 > silhouette(loose, groups)
    one, other = separation(summarise(tight, groups)), separation(summarise(loose, groups))
    assert one.davies_bouldin < other.davies_bouldin
    assert one.intra_inter_ratio < other.intra_inter_ratio
    assert one.centroid_dunn > other.centroid_dunn


def test_groups_without_extent() -> None:
    groups = torch.tensor([0, 0, 1, 1])
    points = torch.tensor([[0.1, 0.2], [0.1, 0.2], [3.0, 1.0], [3.0, 1.0]])
    summary = summarise(points, groups)
    found = separation(summary)
    assert silhouette(points, groups) == pytest.approx(1)
    assert found.davies_bouldin == 0
    assert found.intra_inter_ratio == 0
    assert math.isnan(found.centroid_dunn)
    assert math.isnan(calinski_harabasz(summary))


def test_centroids_that_coincide() -> None:
    points = torch.tensor([[-1.0], [1.0], [-2.0], [2.0]])
    summary = summarise(points, torch.tensor([0, 0, 1, 1]))
    found = separation(summary)
    assert math.isnan(found.davies_bouldin)
    assert math.isnan(found.intra_inter_ratio)
    assert found.centroid_dunn == pytest.approx(0)
    assert calinski_harabasz(summary) == pytest.approx(0)


def test_one_point_twice_in_different_groups() -> None:
    points = torch.tensor([[1.0], [1.0], [1.0], [1.0]])
    assert silhouette(points, torch.tensor([0, 0, 1, 1])) == 0


@pytest.mark.parametrize("scale", [1e-8, 1, 1e8])
def test_coincide(scale: float) -> None:
    points = torch.tensor([[0.3, 0.7], [0.3, 0.7], [0.3, 0.7]]) * scale
    assert coincide(points)
    points[0, 0] *= 1.001
    assert not coincide(points)


def test_zeros_coincide() -> None:
    assert coincide(torch.zeros(3, 2))
