from __future__ import annotations

import math

import pytest
import torch

from fsim.functional.retrieval.index_recall import share_found
from fsim.functional.retrieval.topk import topk


def test_counts_the_exact_neighbours_that_were_found() -> None:
    points = torch.randn(60, 16, generator=torch.Generator().manual_seed(0))
    exact = topk(points, None, 5, "cosine")
    answers = exact.index.clone()
    assert share_found(points, None, "cosine", exact, answers) == 1
    answers[:, 0] = -1
    assert share_found(points, None, "cosine", exact, answers) == pytest.approx(4 / 5)
    farther = topk(points, None, 59, "cosine").index[:, 20:25]
    assert share_found(points, None, "cosine", exact, farther) == 0


def test_one_just_as_near_is_as_good() -> None:
    points = torch.ones(30, 4) * torch.arange(1, 31)[:, None]  # one direction
    exact = topk(points, None, 3, "cosine")
    assert share_found(points, None, "cosine", exact, exact.index.flip(0)) == 1


def test_without_neighbours_it_is_nan() -> None:
    alone = torch.ones(1, 3)
    exact = topk(alone, None, 2, "cosine")
    assert math.isnan(share_found(alone, None, "cosine", exact, exact.index))
