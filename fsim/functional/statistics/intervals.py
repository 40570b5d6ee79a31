"""Confidence intervals by bootstrap and by formula: of differences, means, and the ratio of two proportions.

Shape legend: Q queries, M metrics, S samples, R runs, A attributes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.special import stdtrit  # type: ignore[import-untyped]

from fsim.interfaces import FloatArray

SAMPLES, MEAN_SAMPLES = 10_000, 2_000  # of a bootstrap: for a difference, for a mean
CHUNK = 2**24  # counts that are drawn at once: 128 MB
LOG_RANGE = 40.0  # ratios of exp(-40) to exp(40) are looked through
HALVINGS = 80


@dataclass(frozen=True)
class Differences:
    """For each metric [M]: the mean difference, the bounds of its interval, and p, the two-sided probability of one at
    least as far on the other side of 0, 1 / (S + 1) or more."""

    mean: FloatArray
    low: FloatArray
    high: FloatArray
    p: FloatArray


def paired_bootstrap(
    differences: FloatArray,
    strata: npt.NDArray[np.int64],
    seed: int = 0,
    samples: int = SAMPLES,
    confidence: float = 0.95,
) -> Differences:
    """The percentile bootstrap of means of paired differences (Efron and Tibshirani, "An introduction to the
    bootstrap", 1993, sections 13.3 and 15.4), within strata: each sample draws from every stratum as many queries as
    it has, so that its make-up stays.

    p is 2 min(P(d <= 0), P(d >= 0)) over the samples' means d, at most 1.

    Args:
        differences: [Q, M], finite; the second network's metric less the first's, for each query.
        strata: [Q], for example the categories of the queries.
        seed: the same seed gives the same samples.
        samples: S, 1 or more.
        confidence: of the interval, above 0 and below 1.
    """
    assert np.isfinite(differences).all() and len(differences) == len(strata) > 0
    rng = np.random.default_rng(seed)
    order = np.argsort(strata, kind="stable")
    parts = np.split(order, np.flatnonzero(np.diff(strata[order])) + 1)
    means = np.zeros((samples, differences.shape[1]))
    for rows in parts:
        size, values = len(rows), differences[rows]
        step = max(1, CHUNK // size)
        for start in range(0, samples, step):
            count = min(step, samples - start)
            drawn = rng.integers(size, size=(count, size)) + np.arange(count)[:, None] * size
            counts = np.bincount(drawn.ravel(), minlength=count * size).reshape(count, size)
            means[start : start + count] += counts @ values
    means /= len(differences)
    tail = (1 - confidence) / 2
    low, high = np.quantile(means, [tail, 1 - tail], axis=0)
    rounding = 1e-12
    below, above = (means <= rounding).sum(axis=0), (means >= -rounding).sum(axis=0)
    p = np.minimum(1.0, 2 * (np.minimum(below, above) + 1) / (samples + 1))
    return Differences(differences.mean(axis=0), low, high, p)


def ratio_interval(
    first: FloatArray, first_of: FloatArray, second: FloatArray, second_of: FloatArray, confidence: float = 0.95
) -> tuple[FloatArray, FloatArray]:
    """Return the bounds of (first / first_of) / (second / second_of), for independent binomial counts.

    The asymptotic score interval (Koopman 1984, "Confidence intervals for the ratio of two binomial proportions",
    Biometrics 40(2), 513-517): all ratios r that the score test does not reject. With p1 the more likely value of the
    first proportion under p1 = r * p2,

        z(r) = (x1 / n1 - r * x2 / n2) / sqrt(p1 * ((1 - p1) / n1 + (r - p1) / n2)),

    the bounds are where z(r) is plus and minus the normal quantile. It stays sensible for counts of 0 and of all.

    Args:
        first: x1 [A], 0 to n1; need not be whole.
        first_of: n1 [A], above 0.
        second: x2 [A], 0 to n2.
        second_of: n2 [A], above 0.
        confidence: Of the interval, 0 to 1.

    Returns:
        The lower bounds [A], 0 where x1 is 0, and the upper bounds [A], infinite where x2 is 0.
    """
    quantile = NormalDist().inv_cdf((1 + confidence) / 2)
    bounds = []
    for target in (quantile, -quantile):
        low, high = np.full(len(first), -LOG_RANGE), np.full(len(first), LOG_RANGE)
        for _ in range(HALVINGS):  # z falls with r
            middle = (low + high) / 2
            above = _score(np.exp(middle), first, first_of, second, second_of) > target
            low, high = np.where(above, middle, low), np.where(above, high, middle)
        bounds.append(np.exp(low))
    return np.where(first == 0, 0.0, bounds[0]), np.where(second == 0, np.inf, bounds[1])


def _score(
    ratio: FloatArray, first: FloatArray, first_of: FloatArray, second: FloatArray, second_of: FloatArray
) -> FloatArray:
    both, number = first + second, first_of + second_of
    half = ratio * (first_of + second) + first + second_of
    likely = 2 * ratio * both / (half + np.sqrt(np.maximum(half**2 - 4 * ratio * number * both, 0)))  # p1
    variance = likely * (np.maximum(1 - likely, 0) / first_of + np.maximum(ratio - likely, 0) / second_of)
    difference = first / first_of - ratio * second / second_of
    score: FloatArray = np.divide(difference, np.sqrt(variance), out=np.zeros_like(difference), where=variance > 0)
    return score


class Means(NamedTuple):
    """The mean of each metric [M], and the bounds of its interval."""

    mean: FloatArray
    low: FloatArray
    high: FloatArray


def student_interval(values: FloatArray, confidence: float = 0.95) -> Means:
    """mean -+ t s / sqrt(R), with s the standard deviation of R - 1 degrees of freedom and t the quantile of Student's
    distribution of as many (Student, "The probable error of a mean", Biometrika 6(1), 1908).

    It holds where the R values are independent draws of something near normal. Two runs have a t of 12.7, three one of
    4.3, five one of 2.8.

    Args:
        values: [R, M], R of 2 or more; a metric that is NaN in one run is NaN in all of the answer.
        confidence: of the interval, above 0 and below 1.
    """
    runs = len(values)
    assert runs > 1, "one value says nothing of its spread"
    mean = values.mean(axis=0)
    off = stdtrit(runs - 1, (1 + confidence) / 2) * values.std(axis=0, ddof=1) / np.sqrt(runs)
    return Means(mean, mean - off, mean + off)


class Interval(NamedTuple):
    """A mean, and the bounds of its 95 % interval."""

    mean: float
    low: float
    high: float


def mean_intervals(values: Mapping[str, FloatArray], strata: npt.NDArray[Any], seed: int) -> dict[str, Interval]:
    """Return of each metric [Q] the mean over the queries that count (not NaN), and its 95 % interval by a bootstrap
    over them, within strata [Q]; nothing of a metric without such a query."""
    found: dict[str, Interval] = {}
    _, numbers = np.unique(np.asarray(strata).astype(str), return_inverse=True)
    masks = {name: np.isfinite(numbers_of) for name, numbers_of in values.items()}
    for mask in {mask.tobytes(): mask for mask in masks.values()}.values():  # one bootstrap for all of the same queries
        names = [name for name, counted in masks.items() if np.array_equal(counted, mask)]
        if mask.any():
            together = np.stack([values[name][mask] for name in names], axis=1)
            drawn = paired_bootstrap(together, numbers[mask], seed, MEAN_SAMPLES)
            for at, name in enumerate(names):
                found[name] = Interval(float(drawn.mean[at]), float(drawn.low[at]), float(drawn.high[at]))
    return found
