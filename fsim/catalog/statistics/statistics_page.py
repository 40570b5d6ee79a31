"""The statistics of a catalog as tables for the terminal and as a page with pictures of every category."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Any

import numpy as np

from fsim.catalog.statistics.image_survey import ImageSurvey
from fsim.interfaces import Catalog
from fsim.pages.page import Page, Picture, Section, Table, evenly, thumbnail
from fsim.runtime.display import number

UNKNOWN = "(unknown)"
EXAMPLES = 6  # pictures of a category
NAMES_SHOWN = 10  # values of an attribute type
PIXELS = 144  # the side of a picture
CATEGORIES_SHOWN = 100  # with pictures; the tables have all
SWATCH = '<svg xmlns="http://www.w3.org/2000/svg" width="96" height="96"><rect width="96" height="96" fill="{}"/></svg>'


def statistics_tables(statistics: dict[str, Any], names_shown: int) -> dict[str, Table]:
    """Build the tables, {title: table}; those that would be empty are left out. Of each attribute type, the
    `names_shown` most frequent values."""
    tables = {
        "images of each category": _categories(statistics),
        "pixels": _channels(statistics["per_split"], "split"),
        "pixels of each category": _channels(statistics["per_category"], "category"),
        "pictures, items and captions": _ranges(statistics),
        "most frequent sizes": _sizes(statistics["sizes"]["most_frequent"]),
        "attributes": _attributes(statistics["attributes"], names_shown),
    }
    return {title: table for title, table in tables.items() if table.rows}


def channels_text(values: Sequence[float]) -> str:
    """`[0.4940, 0.4535, 0.4391]`, as a recipe has it."""
    return f"[{', '.join(f'{value:.4f}' for value in values)}]"


def channels_of_text(statistics: dict[str, Any]) -> str:
    """Which pixels the mean and std are of."""
    of = statistics["channels_of"]
    images = f"the {of['images']:,} images" + ("" if of["split"] == "all" else f" of {of['split']}")
    seen = "at their own size" if of["size"] is None else f"squashed to {of['size']} x {of['size']}"
    return f"of all {of['pixels']:,} pixels of {images}, {seen}"


def _categories(statistics: dict[str, Any]) -> Table:
    splits = list(statistics["splits"])
    rows = [
        [category or UNKNOWN, *(f"{of.get(split, 0):,}" for split in splits), f"{sum(of.values()):,}"]
        for category, of in statistics["categories"].items()
    ]
    whole = ["all", *(f"{count:,}" for count in statistics["splits"].values()), f"{statistics['images']:,}"]
    return Table(["category", *splits, "all"], [whole, *rows])


def _channels(parts: dict[str, Any], name: str) -> Table:
    rows = [
        [part or UNKNOWN, f"{of['images']:,}", channels_text(of["mean"]), channels_text(of["std"])]
        for part, of in parts.items()
    ]
    return Table([name, "images", "mean (red green blue)", "std (red green blue)"], rows)


def _ranges(statistics: dict[str, Any]) -> Table:
    sizes, items = statistics["sizes"], statistics["items"]
    ranges = {
        "width in pixels": sizes["width"],
        "height in pixels": sizes["height"],
        "width / height": sizes["aspect_ratio"],
        "share of the picture in its box": statistics["boxes"]["covered"],
        "images of an item": items["images_per_item"],
        "words of a caption": statistics["captions"]["words"],
    }
    rows = [
        [name, *(_plain(three[key]) for key in ("min", "median", "max"))] for name, three in ranges.items() if three
    ]
    return Table(["", "smallest", "median", "largest"], rows)


def _plain(value: float) -> str:
    return f"{value:,.0f}" if float(value).is_integer() else number(value)


def _sizes(frequent: list[dict[str, int]]) -> Table:
    return Table(
        ["width x height", "images"], [[f"{one['width']} x {one['height']}", f"{one['images']:,}"] for one in frequent]
    )


def _attributes(types: dict[str, Any], names_shown: int) -> Table:
    rows = [
        [
            kind,
            f"{of['values']:,}",
            f"{of['known']:,}",
            f"{of['coverage']:.1%}",
            ", ".join(f"{name} {count:,}" for name, count in list(of["images"].items())[:names_shown]),
        ]
        for kind, of in types.items()
    ]
    return Table(["attribute type", "values", "images", "coverage", "most frequent"], rows)


def statistics_page(title: str, catalog: Catalog, survey: ImageSurvey, statistics: dict[str, Any]) -> Page:
    """Build the page from the result of `fsim.catalog.statistics.data_statistics`."""
    tables = statistics_tables(statistics, NAMES_SHOWN)
    items, captions, damaged = statistics["items"], statistics["captions"], statistics["damaged"]
    figures = {
        "images": f"{statistics['images']:,}",
        "categories": f"{len(set(statistics['categories']) - {''}):,}",
        "items": f"{items['number']:,}",
        "attribute types": f"{len(statistics['attributes']):,}",
        "with a box": f"{statistics['boxes']['images']:,}",
        "boxes beyond the picture": f"{statistics['boxes']['beyond']:,}",
        "with a caption": f"{captions['images']:,}",
        "captions": f"{captions['number']:,}",
        "different captions": f"{captions['different']:,}",
        "damaged": f"{len(damaged):,}",
        "mean": channels_text(statistics["mean"]),
        "std": channels_text(statistics["std"]),
    }
    sections = [
        Section(
            "Categories",
            "How many images of each are in which split, and mean and standard deviation of their red, green and blue "
            f"(those of {statistics['channels_of']['split']}), 0 to 1.",
            _of(tables, "images of each category", "pixels of each category"),
        ),
        Section(
            "Pictures of each category",
            f"The first tile is the mean colour of the category. {_left_out(statistics)}".strip(),
            pictures=_examples(catalog, survey, statistics),
        ),
        Section(
            "Splits and sizes",
            f"Upright pictures, before they are cut by their boxes: "
            f"{_number_of_sizes(statistics['sizes']['different'])}.",
            _of(tables, "pixels", "pictures, items and captions", "most frequent sizes"),
        ),
    ]
    if "attributes" in tables:
        text = "Coverage is the share of images of which a value is known."
        sections.append(Section("Attributes", text, _of(tables, "attributes")))
    if damaged:
        sections.append(
            Section(
                "Damaged", "Left out of all figures but the counts.", [Table(["image", "cause"], [*damaged.items()])]
            )
        )
    subtitle = f"Mean and std are {channels_of_text(statistics)}, on the scale of 0 to 1."
    return Page(title, subtitle, figures, sections)


def _of(tables: dict[str, Table], *titles: str) -> list[Table]:
    return [tables[title] for title in titles if title in tables]


def _number_of_sizes(different: int) -> str:
    return "all of one size" if different == 1 else f"{different:,} different sizes"


def _left_out(statistics: dict[str, Any]) -> str:
    more = len(statistics["categories"]) - CATEGORIES_SHOWN
    return f"{more:,} smaller categories have no pictures here." if more > 0 else ""


def _examples(catalog: Catalog, survey: ImageSurvey, statistics: dict[str, Any]) -> list[tuple[str, list[Picture]]]:
    categories, names = catalog.frame["category"].to_numpy(), catalog.frame["image"].to_numpy()
    found = []
    for category in list(statistics["categories"])[:CATEGORIES_SHOWN]:
        rows = np.flatnonzero((categories == category) & survey.usable)
        pictures = [Picture(thumbnail(catalog, row, PIXELS), str(names[row])) for row in evenly(rows, EXAMPLES)]
        if len(rows):
            mean = survey.channels(rows).mean
            pictures.insert(0, Picture(_swatch(mean), "mean colour"))
        found.append((f"{category or UNKNOWN}: {sum(statistics['categories'][category].values()):,} images", pictures))
    return found


def _swatch(colour: list[float]) -> str:
    text = SWATCH.format("#" + "".join(f"{round(255 * value):02x}" for value in colour))
    return "data:image/svg+xml;base64," + base64.b64encode(text.encode()).decode()
