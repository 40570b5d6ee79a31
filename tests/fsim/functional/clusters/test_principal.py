from __future__ import annotations

import math

import pytest
import torch
from sklearn.decomposition import PCA

from fsim.functional.clusters.principal import effective_rank, principal_components


def noise(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def test_equal_scikit_learn_up_to_sign() -> None:
    points = noise(40, 8) * torch.arange(1, 9)
    expected = PCA(3, svd_solver="full").fit_transform(points.numpy())
    torch.testing.assert_close(principal_components(points, 3).abs(), torch.tensor(expected).abs())


def test_axes_without_variance_are_left_out() -> None:
    points = noise(30, 2) @ noise(2, 10, seed=1) + 7
    leading = principal_components(points.float(), 5)
    assert leading.shape == (30, 2)
    torch.testing.assert_close(torch.cdist(leading, leading), torch.cdist(points, points), rtol=1e-4, atol=1e-4)


def test_points_are_only_centred_where_no_axis_is_left_out() -> None:
    points = noise(30, 3) + 2
    torch.testing.assert_close(principal_components(points, 5), points - points.mean(0))


def test_effective_rank() -> None:
    line = noise(20, 1) @ noise(1, 6, seed=1)
    assert effective_rank(line) == pytest.approx(1)
    basis = torch.eye(6, dtype=torch.float64)
    assert effective_rank(torch.cat([basis[:4], -basis[:4]])) == pytest.approx(4)
    # two singular values, one three times the other
    cross = torch.cat([3 * basis[:1], -3 * basis[:1], basis[1:2], -basis[1:2]])
    assert effective_rank(cross) == pytest.approx(math.exp(-(0.75 * math.log(0.75) + 0.25 * math.log(0.25))))
    assert 1 <= effective_rank(noise(3, 50)) <= 2
    assert math.isnan(effective_rank(torch.ones(4, 3)))
