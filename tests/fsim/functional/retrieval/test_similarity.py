from __future__ import annotations

import math
from typing import get_args

import numpy as np
import pytest
import torch
from torch import Tensor

from fsim.errors import FsimError
from fsim.functional.retrieval.similarity import Similarity
from fsim.interfaces import Distance


def rows(num_rows: int, dim: int = 5, seed: int = 0) -> Tensor:
    return torch.randn(num_rows, dim, generator=torch.Generator().manual_seed(seed))


def whole(query: Tensor, gallery: Tensor | None, distance: Distance, block: int = 64) -> Tensor:
    """All blocks put together, [Q, G]."""
    similarity = Similarity(query, gallery, distance, block, block)
    num_gallery = len(query if gallery is None else gallery)
    parts = [
        torch.cat([similarity.block(row, column).clone() for column in range(0, num_gallery, block)], dim=1)
        for row in range(0, len(query), block)
    ]
    scores = torch.cat(parts)
    assert (scores[len(query) :] == -math.inf).all() and (scores[:, num_gallery:] == -math.inf).all()
    return scores[: len(query), :num_gallery]


def slow_score(a: Tensor, b: Tensor, distance: Distance) -> float:
    a, b = a.double(), b.double()
    if distance == "euclidean":
        return -float((a - b).square().sum()) / 2
    lengths = float(a.norm() * b.norm())
    return float(a @ b) / lengths if lengths else 0.0


@pytest.mark.parametrize("distance", get_args(Distance))
def test_scores_equal_a_double_loop(distance: Distance) -> None:
    query, gallery = rows(70, seed=1), rows(130, seed=2)
    query[3] = 0
    expected = torch.tensor([[slow_score(a, b, distance) for b in gallery] for a in query])
    torch.testing.assert_close(whole(query, gallery, distance), expected, rtol=0, atol=3e-6)
    index = torch.randint(0, 130, (70, 4), generator=torch.Generator().manual_seed(0))
    pairs = Similarity(query, gallery, distance, 64, 64).of_pairs(index)
    torch.testing.assert_close(pairs, expected.gather(1, index), rtol=0, atol=3e-6)
    sampled = Similarity(query, gallery, distance, 64, 64).sample(64, slice(0, 120, 3))
    torch.testing.assert_close(sampled[:6], expected[64:, 0:120:3], rtol=0, atol=3e-6)


@pytest.mark.parametrize("distance", get_args(Distance))
def test_leave_one_out_scores_all_but_itself(distance: Distance) -> None:
    query = rows(200)
    scores = whole(query, None, distance)
    assert (scores.diagonal() == -math.inf).all()
    others = ~torch.eye(200, dtype=torch.bool)
    torch.testing.assert_close(scores[others], whole(query, query, distance)[others])


@pytest.mark.parametrize("distance", get_args(Distance))
def test_identical_gallery_vectors_score_alike(distance: Distance) -> None:
    for dim in (3, 37, 128, 700):
        copies = rows(20, dim).repeat(15, 1)[torch.randperm(300, generator=torch.Generator().manual_seed(dim))]
        for query in (None, rows(131, dim, seed=1)):
            scores = whole(copies if query is None else query, None if query is None else copies, distance)
            scores.fill_diagonal_(math.nan) if query is None else None
            for image in copies[:20]:
                same = scores[:, (copies == image).all(1)].numpy()
                assert (np.nanmax(same, 1) == np.nanmin(same, 1)).all()


def test_euclidean_far_from_the_origin() -> None:
    points = rows(100, seed=3)
    close, far = whole(points, None, "euclidean"), whole(points + 4096, None, "euclidean")
    others = ~torch.eye(100, dtype=torch.bool)
    # The points themselves are rounded to 2^-11 there.
    torch.testing.assert_close(far[others], close[others], rtol=0, atol=0.01)


def test_euclidean_of_whole_numbers_is_exact() -> None:
    generator = torch.Generator().manual_seed(0)
    points = torch.randint(-9, 9, (150, 6), generator=generator).float() + 1000
    scores = whole(points, points, "euclidean")
    assert torch.equal(scores, -(points[:, None] - points).square().sum(-1) / 2)


def test_one_point_many_times() -> None:
    points = torch.full((5, 3), 1e-3)
    assert (whole(points, points, "euclidean") == 0).all()


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, 1e19])
@pytest.mark.parametrize("distance", get_args(Distance))
def test_unfit_embeddings_are_counted(value: float, distance: Distance) -> None:
    unfit = rows(10)
    unfit[[2, 5, 6], 1] = value
    with pytest.raises(FsimError, match="3 of 10 gallery embeddings"):
        Similarity(rows(4), unfit, distance, 64, 64)
    with pytest.raises(FsimError, match="3 of 10 query embeddings"):
        Similarity(unfit, None, distance, 64, 64)


def test_other_dimensions() -> None:
    with pytest.raises(FsimError, match="5 dimensions and the gallery has 6"):
        Similarity(rows(4, 5), rows(4, 6), "cosine", 64, 64)


@pytest.mark.parametrize("distance", get_args(Distance))
def test_rounding_bounds_the_difference_of_two_scores(distance: Distance) -> None:
    query, gallery = rows(64, 300, seed=1) * 7, rows(64, 300, seed=2) * 7
    exact = torch.tensor([[slow_score(a, b, distance) for b in gallery] for a in query], dtype=torch.float64)
    off = (whole(query, gallery, distance) - exact).abs().max(1).values  # [Q]
    bound = Similarity(query, gallery, distance, 64, 64).rounding
    assert (2 * off < bound).all() and (bound < 1e-3 * exact.abs().max()).all()
