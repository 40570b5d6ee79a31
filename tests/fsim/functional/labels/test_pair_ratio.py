from __future__ import annotations

import math
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fsim.functional.labels.label_pairs import PairRatio


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 5), st.integers(-1, 2)), min_size=1, max_size=14),
    st.just(0.0) | st.floats(0.01, 30),
    st.none() | st.sampled_from([0.0, 0.3, 0.8, 1.0]),
    st.integers(0, 9),
)
def test_draws_candidates_in_the_ratio(
    images: list[tuple[int, int]], negatives: float, same_category: float | None, seed: int
) -> None:
    labels, categories = np.array(images).T
    tuples = labels * 10 + np.arange(len(labels)) % 2  # two tuples of each label
    first, second = PairRatio(negatives, same_category).draw(tuples, labels, categories, np.random.default_rng(seed))
    pairs = list(zip(first.tolist(), second.tolist(), strict=True))
    assert len(set(pairs)) == len(pairs)

    # sort of pair -> (candidates, drawn)
    sorts: dict[str, tuple[set[tuple[int, int]], float]] = {}

    def candidate(sort: str, rate: float, pair: tuple[int, int]) -> None:
        if rate > 0:
            sorts.setdefault(sort, (set(), rate))[0].add(pair)

    for i, j in combinations(range(len(labels)), 2):
        if tuples[i] == tuples[j]:
            candidate("positive", 1, (i, j))
        if labels[i] != labels[j]:
            if same_category is None:
                candidate("any", negatives, (i, j))
            elif categories[i] >= 0 and categories[j] >= 0:
                if categories[i] == categories[j]:
                    candidate("same", negatives * same_category, (i, j))
                else:
                    candidate("other", negatives * (1 - same_category), (i, j))
    needed = {"positive"}
    if negatives > 0:
        needed |= {"any"} if same_category is None else set()
        needed |= {"same"} if same_category else set()
        needed |= {"other"} if same_category is not None and same_category < 1 else set()
    if not needed <= set(sorts):
        assert pairs == []
        return
    positives = min(len(pairs) / rate for pairs, rate in sorts.values())
    for of_sort, rate in sorts.values():
        drawn = len(of_sort & set(pairs))
        assert math.floor(rate * positives - 1e-9) <= drawn <= math.ceil(rate * positives + 1e-9)
    assert set(pairs) <= set().union(*(of_sort for of_sort, _ in sorts.values()))


@pytest.mark.parametrize(
    ("negatives", "same_category", "expected"),
    [(1.0, None, 1), (1.0, 0.0, 1), (20.0, 0.8, 10), (20.0, 1.0, 12)],
)
def test_tuples_of_a_category(negatives: float, same_category: float | None, expected: int) -> None:
    """Of 32 couples 3 blocks of 10 and one of 2 give 544 negatives of the same category, and 512 are needed; two
    blocks of 12 and one of 8 give the 640 that are needed where all are of the same category."""
    assert PairRatio(negatives, same_category).tuples_of_a_category(32, 2) == expected


def test_a_batch_smaller_than_a_tuple() -> None:
    assert PairRatio(1.0, 0.5).tuples_of_a_category(0, 4) == 1
