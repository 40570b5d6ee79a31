from __future__ import annotations

import numpy as np
import pytest

from fsim.functional.statistics.intervals import paired_bootstrap

ONE = np.zeros(200, dtype=np.int64)


def test_no_difference_is_sure() -> None:
    found = paired_bootstrap(np.zeros((200, 2)), ONE)
    assert found.mean.tolist() == found.low.tolist() == found.high.tolist() == [0, 0]
    assert found.p.tolist() == [1, 1]


def test_the_interval_is_that_of_the_normal_distribution_where_queries_are_many() -> None:
    differences = np.random.default_rng(0).normal(0.1, 1, (2_000, 1))
    found = paired_bootstrap(differences, np.zeros(2_000, dtype=np.int64))
    half = 1.96 * differences.std() / np.sqrt(2_000)
    assert found.mean[0] == pytest.approx(differences.mean())
    assert found.high[0] - found.mean[0] == pytest.approx(half, rel=0.05)
    assert found.mean[0] - found.low[0] == pytest.approx(half, rel=0.05)


def test_p_is_small_where_one_is_better_everywhere() -> None:
    found = paired_bootstrap(np.full((50, 1), 0.5), np.zeros(50, dtype=np.int64), samples=999)
    assert found.p[0] == pytest.approx(2 / 1000) and found.low[0] == found.high[0] == 0.5


def test_differences_between_strata_do_not_widen_the_interval() -> None:
    """All variance lies between the categories, whose sizes every sample keeps."""
    strata = np.repeat([0, 1, 2], [10, 20, 30])
    found = paired_bootstrap(strata[:, None].astype(float), strata)
    assert found.low[0] == pytest.approx(found.high[0]) == pytest.approx(strata.mean())
    assert paired_bootstrap(strata[:, None].astype(float), np.zeros(60, dtype=np.int64)).high[0] > strata.mean() + 0.1


def test_p_is_uniform_where_there_is_no_difference() -> None:
    rng = np.random.default_rng(1)
    found = paired_bootstrap(rng.normal(0, 1, (300, 400)), np.zeros(300, dtype=np.int64), samples=500)
    assert (found.p < 0.05).mean() == pytest.approx(0.05, abs=0.03)
    assert (found.p < 0.5).mean() == pytest.approx(0.5, abs=0.08)
    low_and_high = (found.low <= 0) & (found.high >= 0)
    assert low_and_high.mean() == pytest.approx(0.95, abs=0.03)


def test_the_seed_decides() -> None:
    differences = np.random.default_rng(2).normal(0, 1, (40, 1))
    first, again, other = (paired_bootstrap(differences, ONE[:40], seed, 200).low[0] for seed in (0, 0, 1))
    assert first == again != other
