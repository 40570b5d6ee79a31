"""Find the attributes that mark a category: those more frequent there than in the whole catalog."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from fsim.catalog.encoded_catalog import encode
from fsim.errors import FsimError, nearest
from fsim.functional.labels.attribute_labels import HAS, UNKNOWN, AttributeLabels
from fsim.functional.statistics.intervals import ratio_interval
from fsim.interfaces import Catalog, IntArray
from fsim.pages.page import Page, Picture, Section, Table, evenly, thumbnail

ROWS_AT_ONCE = 8192
EXAMPLES, ELSEWHERE = 5, 2  # pictures of the category with the attribute, and of others with it
NAMED = 5  # attributes of which only this category knows
PIXELS = 144  # the side of a picture
HOW_TO_READ = (
    "Lift is the share of the category's images with the attribute over the share of all images with it, among the "
    "images of which that is known. The order is that of the lower bound of its 95% interval, so that a few images do "
    "not win by chance."
)


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


def marks_table(marks: Sequence[MarkingAttribute], category: str) -> Table:
    """One row an attribute."""
    rows = [
        [
            f"{mark.type}: {mark.name}",
            f"{mark.images:,} of {mark.known:,}",
            f"{mark.share:.1%}",
            f"{mark.others:.1%}",
            f"{mark.lift:.2f}",
            f"{mark.low:.2f} to {mark.high:.2f}",
        ]
        for mark in marks
    ]
    return Table(["attribute", "images", f"of {category}", "of others", "lift", "95% interval"], rows)


def summary(found: CategoryMarks) -> str:
    """How many attributes mark the category, and how the images of an item were counted."""
    above = sum(mark.low > 1 for mark in found.marks)
    said = f"{above} of {len(found.marks)} attributes mark {found.category}: their 95% interval is above 1"
    if found.images_per_item > 1:
        said += f". Images of one item tell the same, so that {found.images_per_item:.1f} images count as one"
    if found.known_here_only:
        names = ", ".join(f"{kind}: {name}" for kind, name in found.known_here_only[:NAMED])
        more = len(found.known_here_only) - NAMED
        said += (
            f". Known of no other category, so without comparison: {names}{f', and {more} more' if more > 0 else ''}"
        )
    return said


def marks_page(title: str, catalog: Catalog, labels: AttributeLabels, found: CategoryMarks, top: int) -> Page:
    """The `top` first attributes, each with pictures of the category that have it, and of other categories."""
    categories = catalog.frame["category"].to_numpy()
    inside = categories == found.category
    place = {pair: column for column, pair in enumerate(zip(labels.types, labels.names, strict=True))}
    rows = []
    for mark in found.marks[:top]:
        has = labels.values[:, place[mark.type, mark.name]] == HAS
        shown = [
            Picture(thumbnail(catalog, row, PIXELS), _name(catalog, row))
            for row in evenly(np.flatnonzero(has & inside), EXAMPLES)
        ]
        shown += [
            Picture(thumbnail(catalog, row, PIXELS), _name(catalog, row), note=str(categories[row]) or "(unknown)")
            for row in evenly(np.flatnonzero(has & ~inside), ELSEWHERE)
        ]
        rows.append((f"{mark.type}: {mark.name} (lift {mark.lift:.2f}, {mark.low:.2f} to {mark.high:.2f})", shown))
    figures = {
        "images": f"{found.num_images:,} of {len(categories):,}",
        "attributes": f"{len(found.marks):,}",
        "interval above 1": f"{sum(mark.low > 1 for mark in found.marks):,}",
    }
    table = Section("Attributes", f"{summary(found)}.", [marks_table(found.marks[:top], found.category)])
    pictures = Section(
        "Pictures", "First of the category, then of others that have the attribute too, with their category.", (), rows
    )
    return Page(title, HOW_TO_READ, figures, [table, pictures])


def _name(catalog: Catalog, row: int) -> str:
    return str(catalog.frame["image"].iloc[row])
