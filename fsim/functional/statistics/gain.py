"""Whether a metric gained; a value that is not a number, or not there, is worse than all others."""

from __future__ import annotations

import math
from collections.abc import Sequence


def is_unknown(value: float | None) -> bool:
    """Whether a value is none, or not a number."""
    return value is None or math.isnan(value)


def gains(value: float | None, best: float | None, less_is_better: bool, by: float = 0.0) -> bool:
    """Whether a value is better than another by more than `by`."""
    if value is None or best is None or is_unknown(value) or is_unknown(best):
        return is_unknown(best) and not is_unknown(value)
    return best - value > by if less_is_better else value - best > by


def since_gain(values: Sequence[float | None], less_is_better: bool, by: float = 0.0) -> int:
    """How many values follow the last one that gained over the last before it that did. The first gains, and where
    there is none, none follows."""
    gained = 0
    for place in range(1, len(values)):
        if gains(values[place], values[gained], less_is_better, by):
            gained = place
    return max(0, len(values) - 1 - gained)
