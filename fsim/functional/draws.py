"""Draws that are functions of their key, draws within groups, and the batches of an endless stream.

Shape legend: N images, L labels, T wanted labels, B images of a batch, P pairs, S slots of a lap, K batches.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from fsim.errors import FsimError
from fsim.interfaces import IntArray, Label


def keyed_generator(seed: int, purpose: str, *key: int) -> np.random.Generator:
    """A generator that depends on nothing but its arguments; other arguments give an independent one."""
    words = (zlib.crc32(purpose.encode()), *key)
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=words))


def known_labels(label: Label, categories: IntArray, items: IntArray) -> tuple[IntArray, IntArray]:
    """The images whose label is known, and their labels: positions [N], labels [N].

    Raises:
        FsimError: no image has that label.
    """
    labels = categories if label == "category" else items
    images = np.flatnonzero(labels >= 0)
    if len(images) == 0:
        other: Label = "item" if label == "category" else "category"
        raise FsimError(
            f"the sampler's label is '{label}', but no training image has one; "
            f"fill the catalog's column '{label}', or set sampler.label: {other}"
        )
    return images, labels[images]


def place_in_group(groups: IntArray) -> IntArray:
    """How often each value occurred before: [5, 3, 5, 5] -> [0, 0, 1, 2]."""
    order = np.argsort(groups, kind="stable")
    in_order = groups[order]
    first = np.flatnonzero(np.r_[True, in_order[1:] != in_order[:-1]])  # where each group begins
    sizes = np.diff(np.r_[first, len(groups)])
    places = np.empty_like(order)
    places[order] = np.arange(len(groups)) - np.repeat(first, sizes)
    return places


def bundles(groups: IntArray, size: int, rng: np.random.Generator) -> IntArray:
    """Tie the members of every group at random into as few bundles of at most `size` as will do, of equal
    size to within one: the number of each member's bundle, [N]. Every bundle number from 0 on occurs."""
    order = rng.permutation(len(groups))
    members = np.bincount(groups)[groups[order]]  # [N] size of each one's group
    of_group = -(-np.bincount(groups) // size)  # bundles of each group, rounded up
    first = np.cumsum(of_group) - of_group
    numbers = np.empty_like(order)
    numbers[order] = first[groups[order]] + place_in_group(groups[order]) * of_group[groups[order]] // members
    return numbers


def spread(groups: IntArray, rng: np.random.Generator) -> npt.NDArray[np.float64]:
    """A random turn in [0, 1) for each member, such that the turns of a group are spread evenly: [N].

    The n members of a group get one turn in each n-th of the interval, in random order.
    """
    order = rng.permutation(len(groups))
    sizes = np.bincount(groups)
    turns = np.empty(len(groups))
    turns[order] = (place_in_group(groups[order]) + rng.random(len(groups))) / sizes[groups[order]]
    return turns


def next_images(wanted: IntArray, labels: IntArray, rng: np.random.Generator) -> IntArray:
    """For every wanted label [T] the next image of a permutation of that label's images, round and round.

    n successive wants of a label that has n images or more get n different images.

    Args:
        labels: the label of every image, [N], 0 .. L-1, each of which occurs.
    """
    shuffled = rng.permutation(len(labels))
    by_label = shuffled[np.argsort(labels[shuffled], kind="stable")]  # [N]
    sizes = np.bincount(labels)  # [L]
    starts = np.cumsum(sizes) - sizes  # [L]
    return by_label[starts[wanted] + place_in_group(wanted) % sizes[wanted]]


def all_pairs(batch_size: int) -> tuple[IntArray, IntArray]:
    """Every pair of positions of a batch once: first [P], second [P], first < second, P = B (B - 1) / 2."""
    first, second = np.triu_indices(batch_size, 1)
    return first, second


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
