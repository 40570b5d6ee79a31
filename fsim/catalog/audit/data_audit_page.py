"""The page of `fsim data audit`: what was found, with the pictures side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fsim.catalog.audit.data_audit_tables import FINDINGS, finding_lines, images_of, summary_table
from fsim.pages.page import Page, Picture, Section, Table, thumbnail

if TYPE_CHECKING:
    from fsim.interfaces import Catalog

PIXELS = 144  # the side of a picture
GROUPS_SHOWN = 100  # of each kind of finding, with pictures
PICTURES_SHOWN = 12  # of a group
LINES_SHOWN = 1000
IN_ROWS = ("exact_duplicates", "near_duplicates", "near_duplicates_by_run", "label_conflicts", "leaks", "stray_items")


def audit_page(title: str, catalog: Catalog, audit: dict[str, Any], dropped: dict[str, int] | None = None) -> Page:
    """The page; `audit` is that of `data_audit`, `dropped` what a cleaned catalog lacks, reason -> images."""
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
