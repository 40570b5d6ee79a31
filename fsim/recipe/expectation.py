"""`evaluation.expect` of a recipe: which values a run should give, as people write them, and whether it gave them."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from fsim.errors import FsimError

_NUMBER = r"(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d{1,3})?"
_AROUND = re.compile(rf"([-+]?{_NUMBER})\s*(?:\+-|±)\s*({_NUMBER})")
_BOUND = re.compile(rf"([<>]=)\s*([-+]?{_NUMBER})")
_FORMS = "must be a number and how far off a run may be, such as 0.85 +- 0.02, or a bound: '>= 0.8', '<= 0.1'"


@dataclass(frozen=True)
class Expectation:
    """An interval of values, ends included."""

    text: str
    low: float
    high: float

    @classmethod
    def of(cls, text: Any) -> Expectation:
        """Read `0.85 +- 0.02`, `0.85 ± 0.02`, `>= 0.8` or `<= 0.1`.

        Raises:
            ValueError: it is none of these, or not finite.
        """
        if not isinstance(text, str):
            raise ValueError(_FORMS)
        text = text.strip()
        around, bound = _AROUND.fullmatch(text), _BOUND.fullmatch(text)
        low, high = -math.inf, math.inf
        if around:  # in decimals, so that 0.87 is within 0.85 +- 0.02
            value, off = Decimal(around[1]), Decimal(around[2])
            low, high = float(value - off), float(value + off)
        elif bound:
            low, high = (float(bound[2]), high) if bound[1] == ">=" else (low, float(bound[2]))
        if math.isinf(low) and math.isinf(high):
            raise ValueError(_FORMS)
        return cls(text, low, high)

    def holds(self, value: float | None) -> bool:
        """Whether a metric is as expected; None never is, nor is NaN, which metrics.jsonl has as None."""
        return value is not None and self.low <= value <= self.high


@dataclass(frozen=True)
class ExpectedMetric:
    """A metric of a run, and what the recipe expects of it."""

    metric: str
    expectation: Expectation
    value: float | None

    @property
    def met(self) -> bool:
        return self.expectation.holds(self.value)

    def __str__(self) -> str:
        value = "not a number" if self.value is None or math.isnan(self.value) else f"{self.value:.4g}"
        return f"{self.metric} is {value}, expected {self.expectation.text}"


def compare_with_expectations(
    expect: Mapping[str, str] | None, metrics: Mapping[str, float | None]
) -> list[ExpectedMetric]:
    """Return the metrics that a recipe expects something of, in its order."""
    return [ExpectedMetric(metric, Expectation.of(text), metrics[metric]) for metric, text in (expect or {}).items()]


def reject_unmet(expected: Sequence[ExpectedMetric], where: Path) -> None:
    """Reject a run that is not as its recipe expects.

    Raises:
        FsimError: it names each metric that is not as expected, and `where` the results are.
    """
    unmet = [metric for metric in expected if not metric.met]
    if unmet:
        raise FsimError(
            f"{len(unmet)} of {len(expected)} expectations not met:\n"
            + "".join(f"  {metric}\n" for metric in unmet)
            + f"all is kept: see {where}; find out what changed, or correct evaluation.expect in the recipe"
        )
