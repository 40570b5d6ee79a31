"""Confusions and hubs against loops over single answers."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsim.functional.retrieval.retrieval_metrics import category_confusion, occurrences, skewness

sizes = st.tuples(st.integers(0, 6), st.integers(1, 5), st.integers(1, 4), st.integers(0, 2**32 - 1))


@given(sizes)
def test_counts_are_those_of_a_loop(drawn: tuple[int, int, int, int]) -> None:
    queries, gallery, k, seed = drawn
    rng = np.random.default_rng(seed)
    index = rng.integers(-1, gallery, (queries, k))
    asked, shown = rng.integers(-1, 3, queries), rng.integers(-1, 3, gallery)
    shares = category_confusion(index, asked, shown, 3)
    for row in range(3):
        answers = [shown[g] for q in range(queries) if asked[q] == row for g in index[q] if g >= 0 and shown[g] >= 0]
        for column in range(3):
            expected = answers.count(column) / len(answers) if answers else math.nan
            assert shares[row, column] == pytest.approx(expected, nan_ok=True)
    counts = occurrences(index, gallery)
    assert counts.tolist() == [int((index == g).sum()) for g in range(gallery)]


def test_skewness_is_that_of_scipy_and_tells_a_hub() -> None:
    stats = pytest.importorskip("scipy.stats")
    counts = np.array([0, 0, 1, 1, 2, 40])
    assert skewness(counts) == pytest.approx(stats.skew(counts)) and skewness(counts) > 1
    assert math.isnan(skewness(np.array([2, 2, 2])))
