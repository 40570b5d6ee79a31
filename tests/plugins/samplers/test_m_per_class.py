from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fsim.errors import FsimError
from fsim.testing.sampler_contract import SamplerContract
from fsim_plugins.samplers.m_per_class import MPerClass


class TestByCategory(SamplerContract):
    def make(self, **injected: Any) -> MPerClass:
        return MPerClass(batch_size=12, images_per_label=4, **injected)


class TestByItem(SamplerContract):
    def make(self, **injected: Any) -> MPerClass:
        return MPerClass(batch_size=8, images_per_label=2, label="item", **injected)


@settings(deadline=None)
@given(
    st.lists(st.integers(4, 20), min_size=4, max_size=9),
    st.integers(2, 4),
    st.integers(1, 4),
    st.integers(0, 9),
)
def test_p_labels_of_k_images(sizes: list[int], images_per_label: int, num_labels: int, seed: int) -> None:
    categories = np.repeat(np.arange(len(sizes)), sizes)
    sampler = MPerClass(
        num_labels * images_per_label, images_per_label, categories=categories, items=categories, seed=seed
    )
    for batch in sampler.epoch(1):
        in_batch = Counter(categories[batch.rows].tolist())
        assert sorted(in_batch.values()) == [images_per_label] * num_labels


def test_labels_take_turns() -> None:
    categories = np.repeat(np.arange(8), [40, 10, 10, 10, 5, 5, 4, 4])
    sampler = MPerClass(16, 4, batches_per_epoch=6, categories=categories, items=categories)
    drawn = Counter(category for batch in sampler.epoch(0) for category in categories[batch.rows].tolist())
    assert set(drawn.values()) == {12}


def test_small_labels_give_each_image_once_and_more_labels_fill_the_batch() -> None:
    categories = np.repeat(np.arange(12), [2] * 10 + [9, 9])
    for batch in MPerClass(8, 4, categories=categories, items=categories).epoch(0):
        in_batch = Counter(categories[batch.rows].tolist())
        assert sum(in_batch.values()) == 8
        assert all(count <= min(4, 2 if category < 10 else 9) for category, count in in_batch.items())


def test_gives_all_pairs_of_the_batch() -> None:
    categories = np.repeat(np.arange(3), 5)
    batch = MPerClass(4, 2, categories=categories, items=categories).epoch(0)[0]
    pairs = set(zip(batch.first.tolist(), batch.second.tolist(), strict=True))
    assert pairs == {(0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3)}


def test_too_few_labels_to_fill_a_batch_is_said() -> None:
    categories = np.repeat(np.arange(3), 50)
    with pytest.raises(
        FsimError, match=r"3 labels \(category\) give 12 images at most.*larger sampler.images_per_label"
    ):
        MPerClass(16, 4, categories=categories, items=categories)
