"""The same number of each of the larger categories, whatever else the catalog holds."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsim.errors import FsimError
from fsim.functional.labels.subsets import balanced_sample


@given(
    st.lists(st.sampled_from(["a", "b", "c", "d", ""]), max_size=60),
    st.integers(0, 8),
    st.integers(1, 4),
    st.integers(0, 9),
)
def test_each_chosen_category_has_as_many_as_the_smallest(names: list[str], more: int, most: int, seed: int) -> None:
    counts = Counter(name for name in names if name)
    large = sorted((count for count in counts.values() if count > more), reverse=True)[:most]
    if not large:
        with pytest.raises(FsimError, match=f"more than {more} images"):
            balanced_sample(names, seed, more, most)
        return
    rows = balanced_sample(names, seed, more, most).tolist()
    assert rows == sorted(set(rows)) == balanced_sample(names, seed, more, most).tolist()
    chosen = Counter(names[row] for row in rows)
    assert list(chosen.values()) == [large[-1]] * len(large)
    assert "" not in chosen and all(counts[name] >= large[-1] for name in chosen)


def test_the_selection_of_deepfashion() -> None:
    """Fifteen categories have more than 5,000 pictures; the smallest of them, Leggings, has 5,013."""
    sizes = [
        72158,
        36887,
        24557,
        19666,
        15429,
        14773,
        13311,
        13123,
        10467,
        10078,
        7495,
        7408,
        7076,
        6153,
        5013,
        4416,
        4,
    ]
    names = [f"category {number}" for number, size in enumerate(sizes) for _ in range(size)]
    for rows in (balanced_sample(names, 0, more_than=5000), balanced_sample(names, 0, at_most=15)):
        assert Counter(Counter(names[row] for row in rows).values()) == {5013: 15}


def test_other_categories_do_not_change_what_is_drawn() -> None:
    rows = balanced_sample(["a"] * 9 + ["b"] * 5, 0).tolist()
    more = balanced_sample(["a"] * 9 + ["b"] * 5 + ["c"] * 20, 0, more_than=4).tolist()
    assert [row for row in more if row < 14] == rows
    assert balanced_sample(["a"] * 9 + ["b"] * 5, 1).tolist() != rows
