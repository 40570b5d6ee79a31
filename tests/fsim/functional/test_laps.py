from __future__ import annotations

import itertools

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from fsim.functional.draws import batch_numbers, batches_per_rank, draw_laps


@settings(deadline=None)
@given(st.integers(1, 500), st.integers(1, 32), st.integers(1, 5))
def test_ranks_together_draw_the_training_set(num_images: int, batch_size: int, world_size: int) -> None:
    per_rank = batches_per_rank(num_images, batch_size, world_size, None)
    assert per_rank * world_size * batch_size >= num_images
    assert (per_rank - 1) * world_size * batch_size < num_images
    assert batches_per_rank(num_images, batch_size, world_size, 9) == 9


def test_epochs_follow_each_other_in_the_stream() -> None:
    numbers = [batch_numbers(epoch, per_rank=2, world_size=3).tolist() for epoch in range(3)]
    assert list(itertools.chain(*numbers)) == list(range(18))


@settings(deadline=None)
@given(st.integers(1, 40), st.integers(1, 40), st.integers(0, 200), st.integers(1, 30))
def test_laps(num_slots: int, batch_size: int, start: int, num_batches: int) -> None:
    batch_size = min(batch_size, num_slots)
    numbers = np.arange(start, start + num_batches)

    def lap_order(lap: int) -> np.ndarray:
        return lap * 1000 + np.random.default_rng(lap).permutation(num_slots)

    drawn = draw_laps(numbers, num_slots, batch_size, lap_order)
    assert drawn.shape == (num_batches, batch_size)
    in_lap = -(-num_slots // batch_size)  # batches of a lap
    for number, batch in zip(numbers, drawn, strict=True):
        lap, place = divmod(int(number), in_lap)
        order = lap_order(lap).tolist()
        expected = [*order[place * batch_size : (place + 1) * batch_size], *order][:batch_size]
        assert batch.tolist() == expected
        assert len(set(expected)) == batch_size


def test_a_lap_may_fill_its_slots_with_rows() -> None:
    drawn = draw_laps(np.arange(2), 3, 2, lambda lap: np.array([[0, 5], [1, 6], [2, 7]]))
    assert drawn.tolist() == [[[0, 5], [1, 6]], [[2, 7], [0, 5]]]
