from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from fsim.functional.statistics.intervals import student_interval


@pytest.mark.parametrize("runs", [2, 3, 10])
def test_it_is_that_of_scipy(runs: int) -> None:
    values = np.random.default_rng(runs).normal(0.8, 0.02, (runs, 4))
    of = student_interval(values)
    for metric, column in enumerate(values.T):
        low, high = stats.t.interval(0.95, runs - 1, loc=column.mean(), scale=stats.sem(column))
        assert (of.mean[metric], of.low[metric], of.high[metric]) == pytest.approx((column.mean(), low, high))


def test_nineteen_of_twenty_intervals_hold_the_mean() -> None:
    values = np.random.default_rng(0).normal(3.0, 1.0, (4, 20_000))
    of = student_interval(values)
    assert ((of.low <= 3.0) & (of.high >= 3.0)).mean() == pytest.approx(0.95, abs=0.005)


def test_equal_values_are_sure_and_nan_is_known_of_nothing() -> None:
    of = student_interval(np.array([[0.5, np.nan], [0.5, 0.1]]))
    assert (of.mean[0], of.low[0], of.high[0]) == (0.5, 0.5, 0.5)
    assert np.isnan([of.mean[1], of.low[1], of.high[1]]).all()
