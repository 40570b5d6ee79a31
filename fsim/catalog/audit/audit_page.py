"""The findings of an audit as tables for the terminal and as a page with the pictures side by side."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from fsim.pages.page import Page, Picture, Section, Table, thumbnail

if TYPE_CHECKING:
    from fsim.interfaces import Catalog

# key of `fsim.catalog.audit.audit` -> (what a person reads, what it means)
FINDINGS = {
    "damaged": ("damaged", "Cannot be decoded as they are: missing, empty, cut off, not an image."),
    "exact_duplicates": ("exact duplicates", "Groups of images of the same pixels."),
    "near_duplicates": (
        "near duplicates",
        "Groups of images of the same picture, re-encoded, resized or of another brightness.",
    ),
    "near_duplicates_by_run": (
        "near duplicates by the run",
        "Pairs that are each other's nearest with a wide margin, as near as a picture is to a crop of itself. To be "
        "looked at: garments that resemble each other may be among them, and --fix leaves them.",
    ),
    "label_conflicts": ("label conflicts", "The same picture under two categories or items."),
    "leaks": ("leaks", "The same picture in several splits, or an item in train and in another split."),
    "stray_items": ("stray items", "Items that no query can be answered for."),
    "tiny_categories": ("tiny categories", "Categories of few images."),
    "one_split_categories": (
        "categories of one split",
        "Categories that one split alone has, where most are in several.",
    ),
    "extreme_sizes": ("extreme sizes", "Pictures far smaller, larger or longer than the others."),
    "boxes_beyond": (
        "boxes beyond the picture",
        "Boxes that reach more than a pixel beyond their picture, which cuts them: are they those of other pictures or "
        "sizes, or of another box_format?",
    ),
}
PIXELS = 144  # the side of a picture
GROUPS_SHOWN = 100  # of each kind of finding, with pictures
PICTURES_SHOWN = 12  # of a group
LINES_SHOWN = 1000
IN_ROWS = ("exact_duplicates", "near_duplicates", "near_duplicates_by_run", "label_conflicts", "leaks", "stray_items")


def summary_table(audit: dict[str, Any]) -> Table:
    """Build a table of the checks: how often each found something, and in how many images."""
    rows = [
        [name, f"{len(audit[key]):,}", f"{_num_images(key, audit[key]):,}"]
        for key, (name, _) in FINDINGS.items()
        if key in audit
    ]
    return Table(["finding", "found", "images"], rows)


def finding_lines(key: str, audit: dict[str, Any]) -> list[str]:
    """Return one line for each finding of a kind."""
    if key == "damaged":
        return [f"{image}: {audit['causes'][image]}" for image in audit[key]]
    return [_line(key, one) for one in audit[key]]


def images_of(key: str, one: Any) -> list[str]:
    """Return the images that a finding names; none for a category."""
    if isinstance(one, str):
        return [one]
    if isinstance(one, list):
        return one
    if "image" in one:
        return [one["image"]]
    return one["images"] if isinstance(one["images"], list) else []


def _num_images(key: str, found: Iterable[Any]) -> int:
    found = list(found)
    named = {image for one in found for image in images_of(key, one)}
    return len(named) or sum(one["images"] for one in found if isinstance(one, dict))


def _line(key: str, one: Any) -> str:
    if key == "extreme_sizes":
        return f"{one['image']}: {one['width']} x {one['height']}, {one['cause']}"
    if key == "boxes_beyond":
        return f"{one['image']}: by {one['pixels']:,.0f} pixels"
    if key == "label_conflicts":
        pairs = zip(one["images"], one["values"], strict=True)
        return f"{one['label']}: " + ", ".join(f"{image} ({value})" for image, value in pairs)
    if key == "leaks":
        item = f"item {one['item']}, " if one["by"] == "item" else ""
        return item + "; ".join(f"{split}: {', '.join(images)}" for split, images in one["splits"].items())
    if key == "stray_items":
        return f"{one['item']}: {one['cause']} ({', '.join(one['images'])})"
    if key == "tiny_categories":
        splits = ", ".join(f"{split} {count:,}" for split, count in one["splits"].items())
        return f"{one['category']}: {one['images']:,} images ({splits})"
    if key == "one_split_categories":
        return f"{one['category']}: {one['images']:,} images, all in {one['split']}"
    return ", ".join(one)


def audit_page(title: str, catalog: Catalog, audit: dict[str, Any], dropped: dict[str, int] | None = None) -> Page:
    """Build the page.

    Args:
        audit: the result of `data_audit`.
        dropped: how many images a cleaned catalog lacks, by reason.
    """
    rows = {image: row for row, image in enumerate(catalog.frame["image"])}
    figures = {"images": f"{audit['images']:,}"}
    figures |= {name: f"{len(audit[key]):,}" for key, (name, _) in FINDINGS.items() if key in audit}
    sections = [Section("Summary", tables=[summary_table(audit)])]
    if dropped is not None:
        table = Table(["dropped, because", "images"], [[reason, f"{count:,}"] for reason, count in dropped.items()])
        sections.append(Section("Cleaned catalog", "What it lacks; no file was deleted.", [table]))
    for key, (name, meaning) in FINDINGS.items():
        if audit.get(key):
            heading = name[0].upper() + name[1:]
            sections.append(_section(f"{heading}: {len(audit[key]):,}", meaning, key, catalog, rows, audit))
    return Page(title, f"{audit['images']:,} images; paths as in the catalog.", figures, sections)


def _section(
    heading: str, meaning: str, key: str, catalog: Catalog, rows: dict[str, int], audit: dict[str, Any]
) -> Section:
    found = audit[key]
    if key in IN_ROWS:
        left_out = len(found) - GROUPS_SHOWN
        text = meaning if left_out <= 0 else f"{meaning} The first {GROUPS_SHOWN}; --json has all."
        groups = [
            (_group_title(key, one), [_picture(catalog, rows[image]) for image in images_of(key, one)[:PICTURES_SHOWN]])
            for one in found[:GROUPS_SHOWN]
        ]
        return Section(heading, text, pictures=groups)
    left_out = len(found) - LINES_SHOWN
    text = meaning if left_out <= 0 else f"{meaning} The first {LINES_SHOWN}; --json has all."
    table = Table(["found"], [[line] for line in finding_lines(key, audit)[:LINES_SHOWN]])
    if key not in ("extreme_sizes", "boxes_beyond"):
        return Section(heading, text, [table])
    pictures = [_picture(catalog, rows[one["image"]]) for one in found[:PICTURES_SHOWN]]
    return Section(heading, text, [table], [("", pictures)])


def _group_title(key: str, one: Any) -> str:
    if key == "stray_items":
        return f"{one['item']}: {one['cause']}"
    images = images_of(key, one)
    more = len(images) - PICTURES_SHOWN
    how_many = f"{len(images):,} images" + (f", the first {PICTURES_SHOWN}" if more > 0 else "")
    if key == "leaks":
        by = f"item {one['item']}" if one["by"] == "item" else f"{one['by']} duplicates"
        return f"{by} in {' and '.join(one['splits'])}: {how_many}"
    if key == "label_conflicts":
        return f"{one['label']}: {' and '.join(sorted(set(one['values']) - {''}))}: {how_many}"
    return how_many


def _picture(catalog: Catalog, row: int) -> Picture:
    image, split, category, item = catalog.frame.iloc[row][["image", "split", "category", "item"]]
    note = ", ".join(str(part) for part in (split, category, item) if part)
    return Picture(thumbnail(catalog, row, PIXELS), str(image), note)
