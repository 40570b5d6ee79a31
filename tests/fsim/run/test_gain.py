from __future__ import annotations

import math

from hypothesis import example, given
from hypothesis import strategies as st

from fsim.run.policy import gains, since_gain

values = st.one_of(st.none(), st.just(math.nan), st.integers(-4, 4).map(lambda n: n / 4))


@given(st.lists(values), st.booleans(), st.sampled_from([0.0, 0.25, 0.6]))
@example([0.5, 0.75, 1.0, 0.5], False, 0.25)
@example([], True, 0.0)
def test_evaluations_since_the_last_gain(found: list[float | None], less_is_better: bool, by: float) -> None:
    waited, best = -1, None  # as a loop that counts along
    for value in found:
        known = value is not None and not math.isnan(value)
        gained = known and (best is None or (best - value if less_is_better else value - best) > by)
        best, waited = (value, 0) if gained else (best, waited + 1)
    assert since_gain(found, less_is_better, by) == max(0, waited)


def test_slow_gains_add_up() -> None:
    assert since_gain([0.5, 0.51, 0.52, 0.53], False, 0.025) == 0  # 0.53 against 0.5
    assert since_gain([0.5, 0.51, 0.52], False, 0.025) == 2
    assert gains(0.4, 0.5, less_is_better=True) and not gains(0.5, 0.5, less_is_better=True)
