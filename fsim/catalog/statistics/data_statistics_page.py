"""The page of `fsim data stats`: the figures of a catalog, with pictures of every category."""

from __future__ import annotations

import base64
from typing import Any

import numpy as np

from fsim.catalog.statistics.data_statistics_tables import UNKNOWN, channels_of_text, channels_text, statistics_tables
from fsim.catalog.statistics.image_survey import ImageSurvey
from fsim.interfaces import Catalog
from fsim.pages.page import Page, Picture, Section, Table, evenly, thumbnail

EXAMPLES = 6  # pictures of a category
NAMES_SHOWN = 10  # values of an attribute type
PIXELS = 144  # the side of a picture
CATEGORIES_SHOWN = 100  # with pictures; the tables have all
SWATCH = '<svg xmlns="http://www.w3.org/2000/svg" width="96" height="96"><rect width="96" height="96" fill="{}"/></svg>'


def statistics_page(title: str, catalog: Catalog, survey: ImageSurvey, statistics: dict[str, Any]) -> Page:
    """The page; `statistics` are those of `fsim.catalog.statistics.data_statistics`."""
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
            f"Upright pictures, before they are cut by their boxes: {_sizes(statistics['sizes']['different'])}.",
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


def _sizes(different: int) -> str:
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
