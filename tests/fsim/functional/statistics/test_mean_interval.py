from __future__ import annotations

import numpy as np
import pytest

from fsim.functional.statistics.intervals import mean_intervals, paired_bootstrap

STRATA = np.array(["hat", "hat", "shoes", "shoes", "skirt", "skirt"])


def test_each_metric_is_that_of_its_own_queries() -> None:
    half = np.array([1.0, 0.0, 1.0, 0.0, np.nan, np.nan])
    whole = np.arange(6.0)
    intervals = mean_intervals({"half": half, "whole": whole}, STRATA, seed=0)
    assert intervals["half"].mean == pytest.approx(0.5) and intervals["whole"].mean == pytest.approx(2.5)
    alone = paired_bootstrap(half[:4, None], np.array([0, 0, 1, 1]), 0, 2000)
    assert intervals["half"] == (alone.mean[0], alone.low[0], alone.high[0])
    for interval in intervals.values():
        assert interval.low <= interval.mean <= interval.high


def test_a_metric_without_a_query_that_counts_has_no_interval() -> None:
    assert mean_intervals({"none": np.full(6, np.nan)}, STRATA, seed=0) == {}
    assert mean_intervals({}, STRATA, seed=0) == {}
