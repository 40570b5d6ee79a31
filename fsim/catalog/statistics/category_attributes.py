"""Find the attributes that mark a category: those more frequent there than in the whole catalog."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from fsim.catalog.encoded_catalog import encode
from fsim.errors import FsimError, nearest
from fsim.functional.labels.attribute_labels import HAS, UNKNOWN, AttributeLabels
from fsim.functional.statistics.intervals import ratio_interval
from fsim.interfaces import Catalog, IntArray

ROWS_AT_ONCE = 8192


@dataclass(frozen=True)
class MarkingAttribute:
    """One attribute, and how it marks a category. Images of which nobody knows whether they have it count nowhere.

    type, name     such as `pattern`, `floral`
    images, known  of the category: how many have it, of how many it is known
    share          images / known: P(attribute | category)
    others         the share of the other categories' images that have it
    lift           P(attribute | category) / P(attribute), the latter over the whole catalog
    low, high      95% interval of the lift
    """

    type: str
    name: str
    images: int
    known: int
    share: float
    others: float
    lift: float
    low: float
    high: float


@dataclass(frozen=True)
class CategoryMarks:
    """The attributes of a category, those that mark it most surely first.

    category         its name
    num_images       how many images it has
    images_per_item  by how much the intervals are wider than those of as many independent images
    marks            ordered by the lower bound of their lift
    known_here_only  (type, name) of attributes of which nothing is known in other categories: nothing to compare with
    """

    category: str
    num_images: int
    images_per_item: float
    marks: list[MarkingAttribute]
    known_here_only: list[tuple[str, str]]


def category_marks(catalog: Catalog, labels: AttributeLabels, category: str, min_count: int) -> CategoryMarks:
    """Rank the attributes of a category that at least `min_count` of its images have; images of one item count as one.

    The interval is that of the ratio r of the shares within the category and outside (`ratio_interval`), for lift =
    r / (w * r + 1 - w), where w is the category's share of the images of which the attribute is known. Images of one
    item are no independent witnesses, so counts are first divided by `images_per_item`, Kish's design effect for
    members that are all alike: sum of m^2 / sum of m, over items of m images.

    Raises:
        FsimError: there is no such category, or the catalog says nothing of attributes.
    """
    encoded = encode(catalog, np.ones(len(catalog.frame), dtype=bool))
    if category not in encoded.category_names:
        raise FsimError(f"the catalog has no category '{category}'{nearest(category, encoded.category_names)}")
    if not labels.names:
        raise FsimError(
            "the catalog says nothing of attributes; give a source that does, such as a metadata.csv whose column "
            'attributes has a JSON object for each image: {"pattern": "striped"}'
        )
    inside = encoded.categories == encoded.category_names.index(category)
    has, known = _counts(labels, inside)
    others_has, others_known = (whole - part for whole, part in zip(_counts(labels, None), (has, known), strict=True))
    alone = (known > 0) & (others_known == 0)
    per_item = images_per_item(encoded.items)
    kept = np.flatnonzero((has >= min_count * per_item) & (has > 0) & ~alone)
    x1, n1, x2, n2 = (counts[kept].astype(float) for counts in (has, known, others_has, others_known))
    weight = n1 / (n1 + n2)
    low, high = ratio_interval(x1 / per_item, n1 / per_item, x2 / per_item, n2 / per_item)
    lift = (x1 / n1) / ((x1 + x2) / (n1 + n2))
    low, high = (1 / (weight + (1 - weight) / ratio) for ratio in (low, high))  # finite where the ratio is not
    marks = [
        MarkingAttribute(labels.types[a], labels.names[a], int(has[a]), int(known[a]), *map(float, numbers))
        for a, *numbers in zip(kept, x1 / n1, x2 / n2, lift, low, high, strict=True)
    ]
    return CategoryMarks(
        category,
        int(inside.sum()),
        per_item,
        sorted(marks, key=lambda mark: (-mark.low, -mark.lift, mark.type, mark.name)),
        [(labels.types[a], labels.names[a]) for a in np.flatnonzero(alone)],
    )


def images_per_item(items: IntArray) -> float:
    """Sum of m^2 / sum of m, over items of m images; an image of no known item (-1) is one of its own."""
    sizes = np.bincount(items[items >= 0])
    return float((sizes**2).sum() + (items < 0).sum()) / len(items)


def _counts(labels: AttributeLabels, chosen: npt.NDArray[np.bool_] | None) -> tuple[IntArray, IntArray]:
    """[A] how many of the chosen images have each attribute, and of how many it is known; in bounded memory."""
    has, known = (np.zeros(len(labels.names), np.int64) for _ in range(2))
    for start in range(0, len(labels.values), ROWS_AT_ONCE):
        part: npt.NDArray[Any] = labels.values[start : start + ROWS_AT_ONCE]
        if chosen is not None:
            part = part[chosen[start : start + ROWS_AT_ONCE]]
        has += (part == HAS).sum(axis=0)
        known += (part != UNKNOWN).sum(axis=0)
    return has, known
