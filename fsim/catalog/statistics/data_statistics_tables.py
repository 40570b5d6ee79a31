"""The figures of a catalog as tables for people, in the terminal and on a page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fsim.pages.page import Table
from fsim.runtime.display import number

UNKNOWN = "(unknown)"


def statistics_tables(statistics: dict[str, Any], names_shown: int) -> dict[str, Table]:
    """Title -> table; those that would be empty are left out. Of each attribute type, the `names_shown` most frequent
    values."""
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
