"""Choose the embeddings that a measure looks at, and balanced samples of a catalog.

Shape legend: N images, D embedding, K labels.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from fsim.errors import FsimError
from fsim.functional.distances import unit
from fsim.functional.draws import keyed_generator, place_in_group
from fsim.interfaces import IntArray, RetrievalTask

IMAGES_PER_LABEL = 10  # a sample that would leave fewer of a label takes fewer labels instead


def comparable(task: RetrievalTask) -> Tensor:
    """Return query embeddings among which Euclidean distance ranks as the task's distance does: [N, D] float32.

    Of length one where the task compares by cosine, since then |x - y|^2 = 2 - 2 cos(x, y).
    """
    embedding = task.query.embedding
    return unit(embedding) if task.distance == "cosine" else embedding


def labelled(task: RetrievalTask) -> tuple[Tensor, Tensor]:
    """Return the query images whose label is known: `comparable` embeddings [N, D], and labels [N] numbered
    0 .. K-1 without gaps."""
    known = torch.nonzero(task.query_labels >= 0).squeeze(1)
    return comparable(task)[known], numbered(task.query_labels[known])


def numbered(labels: Tensor) -> Tensor:
    """Renumber labels [N] as 0 .. K-1 without gaps, in the same order."""
    numbers: Tensor = torch.unique(labels, return_inverse=True)[1]
    return numbers


def stratified_subset(labels: IntArray, size: int, rng: np.random.Generator) -> IntArray:
    """Draw positions of at most `size` images, ascending; all where there are no more.

    Every label keeps its share of the images, to within one. Where there are so many labels that fewer than
    `IMAGES_PER_LABEL` images of each would be left on average, which tells little about groups, labels are
    drawn instead and keep all their images (but at most a tenth of `size`).
    """
    if len(labels) <= size:
        return np.arange(len(labels))
    names, labels = np.unique(labels, return_inverse=True)
    order = rng.permutation(len(labels))
    if len(names) * IMAGES_PER_LABEL <= size:
        order = order[np.argsort(labels[order], kind="stable")]
        evenly = ((np.arange(size) + rng.random()) * (len(labels) / size)).astype(np.int64)
        return np.sort(order[evenly])
    order = order[place_in_group(labels[order]) < max(2, size // 10)]
    turns = rng.permutation(len(names))[labels[order]]
    return np.sort(order[np.argsort(turns, kind="stable")][:size])


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
