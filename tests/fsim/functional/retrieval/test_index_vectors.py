from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from fsim.functional.retrieval.index_vectors import filled_up, unit_length, without_self


@given(st.integers(1, 6), st.integers(1, 8), st.randoms(use_true_random=False))
def test_without_self_keeps_the_others_in_their_order(num_queries: int, k: int, random: object) -> None:
    ids = np.full((num_queries, k + 1), -1)
    for row in range(num_queries):
        found = random.sample(range(12), random.randint(0, k + 1))  # type: ignore[attr-defined]
        ids[row, : len(found)] = found
    own = np.array([random.randrange(12) for _ in range(num_queries)])  # type: ignore[attr-defined]
    for row, left in enumerate(without_self(ids, own)):
        expected = [one for one in ids[row].tolist() if one >= 0 and one != own[row]][:k]
        assert left.tolist() == expected + [-1] * (k - len(expected))


def test_answers_are_filled_up() -> None:
    found = filled_up(np.array([[3, -1]]), np.array([[0.5, 9.0]]), 4)
    assert found.ids.tolist() == [[3, -1, -1, -1]] and found.ids.dtype == np.int64
    assert found.scores.tolist() == [[0.5, -np.inf, -np.inf, -np.inf]] and found.scores.dtype == np.float32


def test_a_zero_vector_stays_one() -> None:
    units = unit_length(np.array([[3, 4], [0, 0]], np.float32))
    np.testing.assert_allclose(units, [[0.6, 0.8], [0, 0]], rtol=1e-6)
    assert units.dtype == np.float32
