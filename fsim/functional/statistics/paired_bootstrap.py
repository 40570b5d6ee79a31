"""The interval of the difference between two networks, from the same queries asked of both.

Shape legend: Q queries, M metrics, S samples.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fsim.interfaces import FloatArray

SAMPLES = 10_000
CHUNK = 2**24  # counts that are drawn at once: 128 MB


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
