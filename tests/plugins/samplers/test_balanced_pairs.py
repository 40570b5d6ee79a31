from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from fsim.errors import FsimError
from fsim.testing.sampler_contract import SamplerContract
from fsim_plugins.samplers.balanced_pairs import BalancedPairs


class TestByCategory(SamplerContract):
    def make(self, **injected: Any) -> BalancedPairs:
        return BalancedPairs(batch_size=12, **injected)


class TestByItem(SamplerContract):
    def make(self, **injected: Any) -> BalancedPairs:
        return BalancedPairs(
            batch_size=16,
            positive_fraction=0.25,
            same_category_negatives=0.5,
            images_per_label=2,
            label="item",
            **injected,
        )


def counts(sampler: BalancedPairs, epochs: int = 1) -> np.ndarray:
    """Positive pairs, negative pairs of the same category, other negative pairs, of each batch: [K, 3].
    Counted one by one, and checked to be different pairs."""
    counted = []
    for epoch in range(epochs):
        for batch in sampler.epoch(epoch):
            sorts = [0, 0, 0]
            pairs = list(zip(batch.first.tolist(), batch.second.tolist(), strict=True))
            assert len({frozenset(pair) for pair in pairs}) == len(pairs)
            for first, second in pairs:
                one, other = batch.rows[first], batch.rows[second]
                assert one != other
                labels = sampler.given_labels
                same_category = sampler.given_categories[one] == sampler.given_categories[other]
                sorts[0 if labels[one] == labels[other] else 1 if same_category else 2] += 1
            counted.append(sorts)
    return np.array(counted)


def build(label: str, categories: np.ndarray, items: np.ndarray, **settings: Any) -> BalancedPairs:
    sampler = BalancedPairs(label=label, categories=categories, items=items, **settings)
    sampler.given_categories = categories
    sampler.given_labels = categories if label == "category" else items
    return sampler


def test_half_of_the_pairs_are_positive() -> None:
    categories = np.arange(640) % 10
    counted = counts(build("category", categories, categories, batch_size=64, images_per_label=2))
    assert counted.tolist() == [[32, 0, 32]] * 10


def test_more_images_of_a_label_give_more_pairs() -> None:
    categories = np.arange(640) % 10
    counted = counts(build("category", categories, categories, batch_size=64, images_per_label=4))
    assert counted.tolist() == [[96, 0, 96]] * 10


def test_bell_and_bala() -> None:
    """1 positive to 16 negatives of the same category and 4 of others; each image is in one positive pair."""
    items = np.repeat(np.arange(640), 4)
    categories = items % 10
    sampler = build(
        "item",
        categories,
        items,
        batch_size=160,
        positive_fraction=1 / 21,
        same_category_negatives=0.8,
        images_per_label=2,
    )
    counted = counts(sampler)
    assert counted.tolist() == [[80, 1280, 320]] * 16


@settings(max_examples=60, deadline=None)
@given(
    st.floats(0.02, 1),
    st.none() | st.floats(0, 1),
    st.integers(4, 24),
    st.integers(2, 5),
    st.integers(0, 99),
    st.integers(2, 6),
)
def test_the_ratio_holds_in_every_batch_to_within_rounding(
    fraction: float,
    same_category: float | None,
    batch_size: int,
    images_per_label: int,
    seed: int,
    num_categories: int,
) -> None:
    rng = np.random.default_rng(seed)
    items = rng.integers(0, 25, 90)
    categories = items % num_categories
    sampler = build(
        "item",
        categories,
        items,
        batch_size=batch_size,
        positive_fraction=fraction,
        same_category_negatives=same_category,
        images_per_label=images_per_label,
        seed=seed,
    )
    rate = (1 - fraction) / fraction
    for positives, same, other in counts(sampler).tolist():
        # one number of positives, before it was rounded up or down, explains all three
        sorts = [(positives, 1.0)]
        if same_category is None:
            sorts.append((same + other, rate))
        else:
            sorts += [(same, rate * same_category), (other, rate * (1 - same_category))]
        low = max((count - 1) / per for count, per in sorts if per > 0)
        high = min((count + 1) / per for count, per in sorts if per > 0)
        assert low <= high + 1e-9
        assert all(count == 0 for count, per in sorts if per == 0)


@pytest.mark.parametrize(("fraction", "same_category"), [(0.3, 0.35), (1 / 21, 0.8), (0.07, None), (0.9, 0.5)])
def test_the_ratio_holds_on_average(fraction: float, same_category: float | None) -> None:
    rng = np.random.default_rng(0)
    items = rng.integers(0, 150, 600)
    categories = items % 7
    sampler = build(
        "item",
        categories,
        items,
        batch_size=24,
        positive_fraction=fraction,
        same_category_negatives=same_category,
        images_per_label=3,
    )
    counted = counts(sampler, epochs=12)
    positives, same, other = counted.sum(0)
    num_batches = len(counted)
    # each of the sums is rounded by an independent draw in each batch, of variance 1/4 at most: 4 standard
    # deviations
    tolerance = 4 * math.sqrt(num_batches / 4) / (positives + same + other) * 2
    assert positives / (positives + same + other) == pytest.approx(fraction, abs=tolerance)
    if same_category is not None:
        tolerance = 4 * math.sqrt(num_batches / 4) / (same + other) * 2
        assert same / (same + other) == pytest.approx(same_category, abs=tolerance)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 5), min_size=8, max_size=60), st.integers(2, 6), st.integers(0, 20))
def test_positive_pairs_stay_within_their_tuple(labels: list[int], images_per_label: int, seed: int) -> None:
    categories = np.array(labels)
    assume(len(set(labels)) > 1 and np.bincount(categories).max() > 1)
    sampler = build("category", categories, categories, batch_size=8, images_per_label=images_per_label, seed=seed)
    for batch in sampler.epoch(0):
        partners: dict[int, int] = {}
        for first, second in zip(batch.first.tolist(), batch.second.tolist(), strict=True):
            if categories[batch.rows[first]] == categories[batch.rows[second]]:
                for image in (first, second):
                    partners[image] = partners.get(image, 0) + 1
        assert max(partners.values(), default=0) < images_per_label


def test_every_couple_is_used() -> None:
    """Tuples of two, all images of one label coupled, and room for all negatives: each image is in one
    positive."""
    categories = np.arange(64) % 4
    sampler = build("category", categories, categories, batch_size=16, images_per_label=2)
    for batch in sampler.epoch(0):
        same = categories[batch.rows[batch.first]] == categories[batch.rows[batch.second]]
        assert sorted(np.r_[batch.first[same], batch.second[same]]) == list(range(16))


def test_a_label_that_prevails_still_finds_negatives() -> None:
    categories = np.repeat([0, 1], [950, 50])
    counted = counts(build("category", categories, categories, batch_size=64, images_per_label=2))
    assert counted[:, 0].min() >= 25
    assert np.all(counted[:, 0] == counted[:, 2])


def test_without_negatives_every_positive_pair_is_given() -> None:
    categories = np.zeros(8, dtype=np.int64)
    (sorts,) = counts(build("category", categories, categories, batch_size=8, positive_fraction=1.0)).tolist()
    assert sorts == [12, 0, 0]


def test_a_batch_of_one_label_gives_no_pair() -> None:
    categories = np.repeat([0, 1], [60, 1])
    sampler = build("category", categories, categories, batch_size=6)
    counted = counts(sampler)
    assert sorted(counted[:, 0] > 0) == [False] * 10 + [True]
    assert np.all(counted[:, 0] == counted[:, 2])


def test_images_of_unknown_category_are_in_no_pair_where_the_category_matters() -> None:
    items = np.repeat(np.arange(20), 4)
    categories = np.where(items < 10, items % 2, -1)
    sampler = build("item", categories, items, batch_size=40, same_category_negatives=0.5)
    for batch in sampler.epoch(0):
        pairs = np.stack([batch.rows[batch.first], batch.rows[batch.second]])
        negative = items[pairs[0]] != items[pairs[1]]
        assert np.all(categories[pairs[:, negative]] >= 0)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"label": "category", "same_category_negatives": 0.8}, "set sampler.label: item"),
        (
            {"label": "item", "same_category_negatives": 0.8, "items": np.arange(12) // 4},
            "no category has two items",
        ),
        (
            {"label": "item", "same_category_negatives": 0.8, "categories": np.zeros(12, int)},
            "only one category",
        ),
        ({"label": "category", "categories": np.zeros(12, int)}, "the same category.*positive_fraction: 1.0"),
        (
            {"label": "item", "same_category_negatives": 0.5, "categories": np.full(12, -1)},
            "no category has two items",
        ),
    ],
)
def test_pairs_that_cannot_be_had_are_refused(settings: dict[str, Any], message: str) -> None:
    data = {"categories": np.arange(12) // 4, "items": np.arange(12) // 2}
    with pytest.raises(FsimError, match=message):
        BalancedPairs(6, **(data | settings))
