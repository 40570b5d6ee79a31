"""The bounds are where a score test, done the long way, is just not rejected."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fsim.functional.statistics.intervals import ratio_interval

QUANTILE = 1.959963984540054
COUNTS = st.integers(1, 60).flatmap(lambda number: st.tuples(st.integers(0, number), st.just(number)))


def interval(first: tuple[float, float], second: tuple[float, float]) -> tuple[float, float]:
    low, high = ratio_interval(*(np.array([float(one)]) for one in (*first, *second)))
    return float(low[0]), float(high[0])


def chi_square(ratio: float, first: tuple[int, int], second: tuple[int, int]) -> float:
    """Pearson's statistic of both counts, at their most likely proportions of this ratio (ternary search)."""

    def log_likelihood(p2: float) -> float:
        return sum(
            (x * math.log(p) if x else 0) + ((n - x) * math.log(1 - p) if n > x else 0)
            for (x, n), p in ((first, ratio * p2), (second, p2))
        )

    least, most = 1e-12, min(1, 1 / ratio) * (1 - 1e-12)
    for _ in range(300):
        one, two = least + (most - least) / 3, most - (most - least) / 3
        least, most = (one, most) if log_likelihood(one) < log_likelihood(two) else (least, two)
    statistic = 0.0
    for (x, n), p in ((first, ratio * least), (second, least)):
        statistic += (x - n * p) ** 2 / (n * p * (1 - p))
    return statistic


def test_the_example_of_the_paper() -> None:
    assert interval((36, 40), (16, 80)) == pytest.approx((2.94, 7.15), abs=0.005)


@settings(max_examples=60, deadline=None)
@given(first=COUNTS, second=COUNTS)
def test_the_bounds_are_just_not_rejected(first: tuple[int, int], second: tuple[int, int]) -> None:
    low, high = interval(first, second)
    assert (low == 0) == (first[0] == 0) and math.isinf(high) == (second[0] == 0)
    for bound in (low, high):
        if 0 < bound < math.inf:
            assert chi_square(bound, first, second) == pytest.approx(QUANTILE**2, rel=1e-3)
    if second[0]:
        assert low <= first[0] / first[1] / (second[0] / second[1]) <= high


@given(first=COUNTS, second=COUNTS)
def test_the_other_way_round_is_the_reciprocal(first: tuple[int, int], second: tuple[int, int]) -> None:
    low, high = interval(first, second)
    other_low, other_high = interval(second, first)
    assert (other_low == 0) if math.isinf(high) else other_low * high == pytest.approx(1)
    assert math.isinf(other_high) if low == 0 else other_high * low == pytest.approx(1)


def test_more_images_are_surer_and_many_are_sure() -> None:
    widths = [high / low for low, high in (interval((3 * n, 10 * n), (1 * n, 10 * n)) for n in (1, 10, 1000, 100_000))]
    assert widths == sorted(widths, reverse=True) and widths[-1] < 1.02
