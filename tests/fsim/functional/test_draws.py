from __future__ import annotations

import itertools
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fsim.errors import FsimError
from fsim.functional.draws import (
    all_pairs,
    bundles,
    keyed_generator,
    known_labels,
    next_images,
    place_in_group,
    spread,
)

groups_of = st.lists(st.integers(0, 6), min_size=1, max_size=60).map(np.array)


def test_a_generator_is_its_key() -> None:
    assert keyed_generator(1, "a", 2).random() == keyed_generator(1, "a", 2).random()


def test_other_keys_give_other_draws() -> None:
    keys = [
        (0, "a"),
        (1, "a"),
        (0, "b"),
        (0, "a", 0),
        (0, "a", 0, 0),
        (0, "a", 1),
        (0, "a", 0, 1),
        (2**40, "a"),
    ]
    draws = {keyed_generator(seed, purpose, *key).random() for seed, purpose, *key in keys}
    assert len(draws) == len(keys)


def test_images_of_unknown_label_are_left_out() -> None:
    categories, items = np.array([0, -1, 2, 2]), np.array([-1, -1, 7, 8])
    images, labels = known_labels("category", categories, items)
    assert images.tolist() == [0, 2, 3]
    assert labels.tolist() == [0, 2, 2]
    images, labels = known_labels("item", categories, items)
    assert images.tolist() == [2, 3]
    assert labels.tolist() == [7, 8]


def test_a_label_that_the_catalog_lacks_is_named() -> None:
    with pytest.raises(FsimError, match=r"label is 'item'.*set sampler.label: category"):
        known_labels("item", np.array([0, 1]), np.array([-1, -1]))


@settings(deadline=None)
@given(st.lists(st.integers(0, 6), max_size=60))
def test_place_in_group(groups: list[int]) -> None:
    counted: Counter[int] = Counter()
    expected = []
    for group in groups:
        expected.append(counted[group])
        counted[group] += 1
    assert place_in_group(np.array(groups, dtype=np.int64)).tolist() == expected


@settings(deadline=None)
@given(groups_of, st.integers(1, 8), st.integers(0, 3))
def test_bundles(groups: np.ndarray, size: int, seed: int) -> None:
    numbers = bundles(groups, size, np.random.default_rng(seed))
    assert set(numbers.tolist()) == set(range(numbers.max() + 1))
    sizes: dict[int, list[int]] = {}
    for number in range(numbers.max() + 1):
        (group,) = set(groups[numbers == number].tolist())
        sizes.setdefault(group, []).append(int((numbers == number).sum()))
    for group, of_group in sizes.items():
        assert len(of_group) == -(-(groups == group).sum() // size)
        assert max(of_group) <= size
        assert max(of_group) - min(of_group) <= 1


@settings(deadline=None)
@given(groups_of, st.integers(0, 3))
def test_turns_are_spread_evenly(groups: np.ndarray, seed: int) -> None:
    turns = spread(groups, np.random.default_rng(seed))
    for group in set(groups.tolist()):
        of_group = np.sort(turns[groups == group])
        assert np.floor(of_group * len(of_group)).tolist() == list(range(len(of_group)))


@settings(deadline=None)
@given(groups_of, st.integers(0, 3), st.data())
def test_images_of_a_label_come_round_and_round(groups: np.ndarray, seed: int, data: st.DataObject) -> None:
    labels = np.unique(groups, return_inverse=True)[1]
    wanted = np.array(data.draw(st.lists(st.sampled_from(labels.tolist()), min_size=1, max_size=80)))
    images = next_images(wanted, labels, np.random.default_rng(seed))
    assert labels[images].tolist() == wanted.tolist()
    for label in set(wanted.tolist()):
        drawn, size = images[wanted == label].tolist(), int((labels == label).sum())
        assert len(set(drawn[:size])) == len(drawn[:size])
        assert all(drawn[place] == drawn[place - size] for place in range(size, len(drawn)))


@pytest.mark.parametrize("batch_size", [1, 2, 5])
def test_all_pairs(batch_size: int) -> None:
    first, second = all_pairs(batch_size)
    assert list(zip(first.tolist(), second.tolist(), strict=True)) == list(itertools.combinations(range(batch_size), 2))
    assert first.dtype == second.dtype == np.int64
