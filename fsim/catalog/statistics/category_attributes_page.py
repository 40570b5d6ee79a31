"""The attributes of a category as a table, and as a page with pictures of each."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from fsim.catalog.statistics.category_attributes import CategoryMarks, MarkingAttribute
from fsim.functional.labels.attribute_labels import HAS, AttributeLabels
from fsim.interfaces import Catalog
from fsim.pages.page import Page, Picture, Section, Table, evenly, thumbnail

EXAMPLES, ELSEWHERE = 5, 2  # pictures of the category with the attribute, and of others with it
NAMED = 5  # attributes of which only this category knows
PIXELS = 144  # the side of a picture
HOW_TO_READ = (
    "Lift is the share of the category's images with the attribute over the share of all images with it, among the "
    "images of which that is known. The order is that of the lower bound of its 95% interval, so that a few images do "
    "not win by chance."
)


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
