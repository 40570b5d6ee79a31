"""Pairs made groups: what hangs together."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence

import numpy as np

from fsim.interfaces import IntArray


def connected(count: int, pairs: Iterable[tuple[int, int]]) -> list[IntArray]:
    """The groups of two or more of the numbers 0 to `count` - 1 that pairs connect, directly or through others.

    Each group ascends, and the groups are in the order of their first numbers.
    """
    parent = list(range(count))

    def root(one: int) -> int:
        while parent[one] != one:
            parent[one] = one = parent[parent[one]]
        return one

    for first, second in pairs:
        low, high = sorted((root(first), root(second)))
        parent[high] = low
    return alike([root(one) for one in range(count)])


def alike(keys: Sequence[Hashable]) -> list[IntArray]:
    """The groups of two or more places whose keys are equal, in the order of their first places; the key None is no
    key."""
    places: dict[Hashable, list[int]] = {}
    for place, key in enumerate(keys):
        if key is not None:
            places.setdefault(key, []).append(place)
    return [np.array(group, dtype=np.int64) for group in places.values() if len(group) > 1]
