"""Find the images of a catalog that are the same picture."""

from __future__ import annotations

import os.path
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fsim.functional.pictures.same_picture import near_pairs
from fsim.interfaces import IntArray

if TYPE_CHECKING:
    from fsim.catalog.audit.image_prints import ImagePrints
    from fsim.interfaces import Catalog, IntArray


@dataclass(frozen=True)
class Duplicates:
    """Groups of rows, each ascending, in the order of their first rows.

    exact  those with the same pixels
    same   those that show the same picture: pairs of equal or near pixels connect them, directly or through others
    """

    exact: list[IntArray]
    same: list[IntArray]


def find_duplicates(
    catalog: Catalog, prints: ImagePrints, progress: Callable[[int, int], None] | None = None
) -> Duplicates:
    """Find the duplicates among the images that are not damaged.

    What is compared is the part in an image's box. Two parts of one file that differ are two garments of one picture,
    however near: they are no duplicates.
    """
    exact = alike([one or None for one in prints.hashes])
    once = _first_of_each(prints.usable, exact)
    sizes = np.stack([prints.widths, prints.heights], axis=1)
    first, second = (once[place] for place in near_pairs(prints.thumbnails[once], sizes[once], progress))
    files = [os.path.normpath(catalog.root / image) for image in catalog.frame["image"]]
    near = [
        (one, other) for one, other in zip(first.tolist(), second.tolist(), strict=True) if files[one] != files[other]
    ]
    copies = [(int(group[0]), other) for group in exact for other in group[1:].tolist()]
    return Duplicates(exact, connected(len(catalog.frame), copies + near))


def one_of_each(prints: ImagePrints, duplicates: Duplicates) -> IntArray:
    """Return the rows of undamaged images, ascending, with only the first of each group that shows the same picture."""
    return _first_of_each(prints.usable, duplicates.same)


def _first_of_each(rows: IntArray, groups: list[IntArray]) -> IntArray:
    later = [group[1:] for group in groups]
    return np.setdiff1d(rows, np.concatenate(later)) if later else rows


def connected(count: int, pairs: Iterable[tuple[int, int]]) -> list[IntArray]:
    """Group the numbers 0 to `count` - 1 into connected components of two or more, by pairs.

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
    """Group two or more places whose keys are equal, in the order of their first places; the key None is no
    key."""
    places: dict[Hashable, list[int]] = {}
    for place, key in enumerate(keys):
        if key is not None:
            places.setdefault(key, []).append(place)
    return [np.array(group, dtype=np.int64) for group in places.values() if len(group) > 1]
