from __future__ import annotations

import hypothesis
from hypothesis import strategies as st

from fsim.serving.rate import BURST_SECONDS, CLIENTS, Rate


@hypothesis.given(st.floats(0.1, 100), st.lists(st.floats(0, 5), max_size=200))
def test_no_client_gets_more_than_its_burst_and_what_came_in_since(per_second: float, pauses: list[float]) -> None:
    now = 0.0
    rate = Rate(per_second, lambda: now)
    taken = 0
    for pause in pauses:
        now += pause
        taken += rate.wait("a") == 0
    assert taken <= max(1, per_second * BURST_SECONDS) + per_second * now + 1e-6


def test_who_waits_as_told_gets_in_and_others_are_not_held_up() -> None:
    now = 0.0
    rate = Rate(0.5, lambda: now)
    while not (wait := rate.wait("a")):
        pass
    assert rate.wait("b") == 0 and 0 < wait <= 2
    now += wait
    assert rate.wait("a") == 0


def test_without_a_rate_nobody_is_counted_and_clients_are_forgotten() -> None:
    assert all(Rate(0).wait("a") == 0 for _ in range(1000))
    rate = Rate(1)
    for number in range(CLIENTS + 50):
        rate.wait(str(number))
    assert len(rate._buckets) == CLIENTS
