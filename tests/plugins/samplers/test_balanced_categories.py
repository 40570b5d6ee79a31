from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from fsim.testing.sampler_contract import SamplerContract
from fsim_plugins.samplers.balanced_categories import BalancedCategories


class TestByCategory(SamplerContract):
    def make(self, **injected: Any) -> BalancedCategories:
        return BalancedCategories(batch_size=16, **injected)


class TestByItem(SamplerContract):
    def make(self, **injected: Any) -> BalancedCategories:
        return BalancedCategories(batch_size=8, label="item", **injected)


@settings(deadline=None)
@given(st.lists(st.integers(6, 30), min_size=2, max_size=8), st.integers(2, 12), st.integers(0, 9))
def test_every_category_equally_often(sizes: list[int], batch_size: int, seed: int) -> None:
    categories = np.repeat(np.arange(len(sizes)), sizes)
    num_batches = 2 * len(sizes)
    sampler = BalancedCategories(
        batch_size, batches_per_epoch=num_batches, categories=categories, items=categories, seed=seed
    )
    counted: Counter[int] = Counter()
    share = batch_size / len(sizes)
    for batch in sampler.epoch(0):
        in_batch = Counter(categories[batch.rows].tolist())
        for category in range(len(sizes)):
            assert int(share) <= in_batch[category] <= int(share) + 1
        counted += in_batch
    # the places left over go round; where they do not divide the categories, the last batch of a round has a
    # few twice
    places = batch_size % len(sizes)
    rounds = num_batches / -(-len(sizes) // places) if places else 0
    for category in range(len(sizes)):
        assert abs(counted[category] - num_batches * share) <= rounds + 1


def test_inverse_frequency() -> None:
    """900 images of one category and 100 of another: each image of the small one is drawn nine times as
    often."""
    categories = np.repeat([0, 1], [900, 100])
    sampler = BalancedCategories(50, categories=categories, items=categories)
    drawn = np.bincount(np.concatenate([batch.rows for batch in sampler.epoch(0)]), minlength=1000)
    assert drawn[categories == 0].sum() == drawn[categories == 1].sum() == 500
    assert set(drawn[categories == 0].tolist()) == {0, 1}
    assert set(drawn[categories == 1].tolist()) == {5}


def test_a_small_category_gives_what_it_has_and_the_others_share_the_rest() -> None:
    categories = np.repeat([0, 1, 2], [30, 2, 30])
    for batch in BalancedCategories(12, categories=categories, items=categories).epoch(0):
        assert np.bincount(categories[batch.rows]).tolist() == [5, 2, 5]


def test_all_images_in_one_batch() -> None:
    categories = np.repeat([0, 1], [5, 2])
    (batch,) = BalancedCategories(7, categories=categories, items=categories).epoch(0)
    assert sorted(batch.rows) == list(range(7))


def test_gives_all_pairs_of_the_batch() -> None:
    categories = np.repeat([0, 1], [5, 5])
    batch = BalancedCategories(4, categories=categories, items=categories).epoch(0)[0]
    pairs = set(zip(batch.first.tolist(), batch.second.tolist(), strict=True))
    assert pairs == {(0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3)}
