from __future__ import annotations

import numpy as np
import pytest
import torch

from fsim.functional.retrieval import search_cost
from fsim.functional.retrieval.search_cost import cost_of_ranks, cost_of_topk


def test_little_is_not_timed() -> None:
    assert cost_of_topk(341, None, 256, 10).seconds == cost_of_ranks(341, 3068, 256).seconds == 0


@pytest.mark.parametrize("dimensions", [3, 300])
def test_much_is_scaled_up(dimensions: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search_cost, "GALLERY", 70)
    monkeypatch.setattr(search_cost, "NUMBERS", 1000)
    for cost in (cost_of_topk(10**6, 10**6, dimensions, 10), cost_of_ranks(10**6, None, dimensions)):
        assert cost.seconds > 1
        assert cost.bytes > 4 * 10**6 * dimensions


def test_memory_is_the_gallerys_copy_and_what_grows_with_the_answers() -> None:
    few, many = cost_of_topk(1000, 2000, 64, 1), cost_of_topk(1000, 2000, 64, 11)
    assert many.bytes - few.bytes == 10 * 1000 * search_cost.BYTES_PER_NEIGHBOUR
    assert cost_of_topk(1000, None, 64, 1).bytes == cost_of_topk(1000, 1000, 64, 1).bytes


def test_the_global_generators_are_left_alone() -> None:
    before = np.random.get_state()[1].copy(), torch.get_rng_state()
    cost_of_topk(10**5, 10**5, 2, 1)
    assert (np.random.get_state()[1] == before[0]).all() and torch.equal(torch.get_rng_state(), before[1])
