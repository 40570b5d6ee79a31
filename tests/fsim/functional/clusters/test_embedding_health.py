from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from fsim.functional.clusters.embedding_health import MAX_IMAGES, MEASURES, embedding_health
from fsim.functional.clusters.principal import effective_rank


def noise(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def test_equals_the_definitions() -> None:
    points = noise(60, 5) * torch.arange(1.0, 6) + 2
    health = embedding_health(points)
    exact = points.double().numpy()
    unit = exact / np.linalg.norm(exact, axis=1, keepdims=True)
    cosines = [unit[i] @ unit[j] for i in range(60) for j in range(60) if i != j]
    lengths = np.linalg.norm(exact, axis=1)
    variances = np.sort(np.linalg.eigvalsh(np.cov(exact.T)))[::-1]
    assert health["effective_rank"] == pytest.approx(effective_rank(points))
    assert health["dimensions_99"] == 1 + np.sum(variances.cumsum() / variances.sum() < 0.99)
    assert health["spread"] == pytest.approx(exact.var(axis=0).sum() / np.mean(lengths**2))
    assert health["mean_cosine"] == pytest.approx(np.mean(cosines))
    assert health["norm_spread"] == pytest.approx(lengths.std() / lengths.mean())
    assert health["duplicates"] == 0


def test_duplicates() -> None:
    points = noise(9, 4)
    assert embedding_health(torch.cat([points, points[:3]]))["duplicates"] == pytest.approx(6 / 12)


def test_a_collapsed_embedding() -> None:
    health = embedding_health(torch.ones(20, 4) * 0.3)
    assert health["spread"] == pytest.approx(0, abs=1e-12)
    assert health["mean_cosine"] == pytest.approx(1) and health["duplicates"] == 1
    assert math.isnan(health["effective_rank"]) and math.isnan(health["dimensions_99"])
    line = embedding_health(noise(20, 1) @ noise(1, 6, seed=1))
    assert line["effective_rank"] == pytest.approx(1, abs=1e-4) and line["dimensions_99"] == 1


def test_a_fixed_sample_of_many() -> None:
    points = noise(3 * MAX_IMAGES, 8)
    assert embedding_health(points, seed=1) == embedding_health(points, seed=1)
    one, other = embedding_health(points, seed=1), embedding_health(points, seed=2)
    assert one["spread"] != other["spread"] and one["spread"] == pytest.approx(other["spread"], abs=0.05)


@pytest.mark.parametrize("points", [torch.zeros(0, 3), torch.ones(1, 3), torch.full((4, 3), math.nan)])
def test_undefined(points: torch.Tensor) -> None:
    health = embedding_health(points)
    assert set(health) == set(MEASURES) and all(math.isnan(value) for value in health.values())


def test_zero_embeddings() -> None:
    health = embedding_health(torch.zeros(5, 3))
    assert health["duplicates"] == 1 and math.isnan(health["spread"]) and math.isnan(health["effective_rank"])
