"""The findings of an audit as a table for people, in the terminal and on a page."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from fsim.pages.page import Table

# key of `fsim.catalog.audit.data_audit` -> (what a person reads, what it means)
FINDINGS = {
    "damaged": ("damaged", "Cannot be decoded as they are: missing, empty, cut off, not an image."),
    "exact_duplicates": ("exact duplicates", "Groups of images of the same pixels."),
    "near_duplicates": (
        "near duplicates",
        "Groups of images of the same picture, re-encoded, resized or of another brightness.",
    ),
    "near_duplicates_by_run": (
        "near duplicates by the run",
        "Pairs that are each other's nearest by far, as near as a picture is to a crop of itself. To be looked at: "
        "garments that resemble each other may be among them, and --fix leaves them.",
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


def summary_table(audit: dict[str, Any]) -> Table:
    """What was looked for, how often it was found, and in how many images."""
    rows = [
        [name, f"{len(audit[key]):,}", f"{_num_images(key, audit[key]):,}"]
        for key, (name, _) in FINDINGS.items()
        if key in audit
    ]
    return Table(["finding", "found", "images"], rows)


def finding_lines(key: str, audit: dict[str, Any]) -> list[str]:
    """One line for each finding of a kind."""
    if key == "damaged":
        return [f"{image}: {audit['causes'][image]}" for image in audit[key]]
    return [_line(key, one) for one in audit[key]]


def images_of(key: str, one: Any) -> list[str]:
    """The images that a finding names; none for a category."""
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
