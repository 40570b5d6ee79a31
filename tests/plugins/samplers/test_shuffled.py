from __future__ import annotations

from typing import Any

import numpy as np

from fsim.testing.sampler_contract import SamplerContract
from fsim_plugins.samplers.shuffled import Shuffled


class TestShuffled(SamplerContract):
    def make(self, **injected: Any) -> Shuffled:
        injected.pop("items")
        return Shuffled(batch_size=10, **injected)


def test_an_epoch_is_a_permutation() -> None:
    sampler = Shuffled(5, categories=np.zeros(20, dtype=np.int64), seed=4)
    for epoch in range(3):
        assert sorted(row for batch in sampler.epoch(epoch) for row in batch.rows) == list(range(20))


def test_the_last_batch_is_filled_up_with_the_first_images() -> None:
    batches = Shuffled(4, categories=np.zeros(10, dtype=np.int64)).epoch(0)
    assert len(batches) == 3
    assert batches[2].rows[2:].tolist() == batches[0].rows[:2].tolist()
    assert len({row for batch in batches for row in batch.rows.tolist()}) == 10


def test_images_of_unknown_category_are_drawn() -> None:
    (batch,) = Shuffled(4, categories=np.full(4, -1)).epoch(0)
    assert sorted(batch.rows) == [0, 1, 2, 3]
