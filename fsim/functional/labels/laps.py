"""Divide an endless stream of batches among epochs and ranks.

Shape legend: S slots of a lap, K batches, B images of a batch.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from fsim.interfaces import IntArray


def batches_per_rank(num_images: int, batch_size: int, world_size: int, declared: int | None) -> int:
    """Return the batches of an epoch on each rank: as declared, or as many as all ranks need to draw `num_images`."""
    return declared or math.ceil(num_images / (batch_size * world_size))


def batch_numbers(epoch: int, per_rank: int, world_size: int) -> IntArray:
    """Return the numbers of an epoch's batches in the stream, [per_rank * world_size]. Rank r draws every
    `world_size`-th of them from the r-th on, so the stream does not depend on the number of ranks."""
    num_batches = per_rank * world_size
    return np.arange(epoch * num_batches, (epoch + 1) * num_batches)


def draw_laps(numbers: IntArray, num_slots: int, batch_size: int, lap_order: Callable[[int], IntArray]) -> IntArray:
    """Draw the batches of these numbers [K], ascending, from the stream: [K, B, ...].

    The stream runs in laps. `lap_order(lap)` [S, ...] says what fills the slots of a lap. Every batch takes
    the next B slots, and the last batch of a lap is filled up from its first slots. So all batches are full,
    no slot occurs twice in a batch (where `batch_size` <= S), and every slot is drawn within a lap, however
    short the epochs are.
    """
    laps, places = np.divmod(numbers, math.ceil(num_slots / batch_size))  # [K], [K]
    slots = (places[:, None] * batch_size + np.arange(batch_size)) % num_slots  # [K, B]
    return np.concatenate([lap_order(int(lap))[slots[laps == lap]] for lap in np.unique(laps)])
