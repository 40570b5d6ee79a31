from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from fsim.functional.retrieval.topk import LAST, index_of, score_of, sort_key

scores = st.floats(width=32, allow_nan=False)
indices = st.integers(0, 2**32 - 1)


@settings(deadline=None)
@given(st.lists(st.tuples(scores, indices), min_size=1))
def test_sorts_by_falling_score_then_rising_index(pairs: list[tuple[float, int]]) -> None:
    keys = sort_key(np.array([s for s, _ in pairs], np.float32), np.array([i for _, i in pairs], np.int64))
    keys.sort()
    expected = sorted(pairs, key=lambda pair: (-pair[0], pair[1]))
    assert score_of(keys).tolist() == [score for score, _ in expected]
    assert index_of(keys).tolist() == [index for _, index in expected]
    assert (keys < LAST).all()


def test_minus_zero_is_zero() -> None:
    assert sort_key(np.float32([-0.0]), np.array([3])) == sort_key(np.float32([0.0]), np.array([3]))
