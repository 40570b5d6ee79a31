"""A balanced selection: the same number of images of each of the larger categories."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from fsim.errors import FsimError
from fsim.functional.draws import keyed_generator
from fsim.interfaces import IntArray


def balanced_sample(categories: Sequence[str], seed: int, more_than: int = 0, at_most: int | None = None) -> IntArray:
    """Draw from each of the larger categories as many rows as the smallest of them has; ascending.

    DeepFashion's 15 categories of more than 5,000 images give 15 x 5,013. What is drawn of a category depends on the
    seed and this category alone.

    Args:
        categories: [N] the category of each image; "" for unknown, which is never chosen.
        seed: another seed, other images.
        more_than: categories of more images than this are chosen.
        at_most: of these so many, the largest; None for all.

    Raises:
        FsimError: no category has so many images.
    """
    counts = Counter(category for category in categories if category).most_common()
    chosen = [(category, count) for category, count in counts if count > more_than][:at_most]
    if not chosen:
        largest = f"the largest, '{counts[0][0]}', has {counts[0][1]}" if counts else "no image has a category"
        raise FsimError(f"no category has more than {more_than} images ({largest}); ask for fewer")
    size = chosen[-1][1]
    names = np.array(categories, dtype=object)
    rows = [
        keyed_generator(seed, f"balanced_sample {category}").choice(
            np.flatnonzero(names == category), size, replace=False
        )
        for category, _ in chosen
    ]
    return np.sort(np.concatenate(rows))
