"""How sure the mean of a metric over queries is.

Shape legend: Q queries.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from fsim.functional.statistics.paired_bootstrap import paired_bootstrap
from fsim.interfaces import FloatArray

SAMPLES = 2000  # of the bootstrap


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
            drawn = paired_bootstrap(together, numbers[mask], seed, SAMPLES)
            for at, name in enumerate(names):
                found[name] = Interval(float(drawn.mean[at]), float(drawn.low[at]), float(drawn.high[at]))
    return found
