"""Count what a catalog holds: splits, categories, items, attributes, boxes, captions. No image is opened."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from fsim.catalog.encoded_catalog import SPLITS
from fsim.functional.labels.attribute_labels import HAS, UNKNOWN, AttributeLabels
from fsim.interfaces import Catalog

LABELS = ("split", "category", "item")
ROWS_AT_ONCE = 8192


def count_catalog(catalog: Catalog) -> dict[str, Any]:
    """Return the counts as plain data; `fsim.catalog.statistics.data_statistics` documents the keys."""
    frame = pd.DataFrame(
        {name: column.where(column.notna(), "") for name, column in catalog.frame[list(LABELS)].items()}
    )
    return {
        "images": len(frame),
        "splits": _in_order({str(split): len(of) for split, of in frame.groupby("split")}),
        "categories": _categories(frame),
        "items": _items(frame),
        "attributes": _attributes(catalog.attribute_labels()),
        "boxes": {"images": int(catalog.frame["box"].notna().sum())},
        "captions": _captions(catalog.captions()),
    }


def three_numbers(values: npt.NDArray[Any]) -> dict[str, float] | None:
    """Return smallest, median and largest; None where there are no values."""
    if not len(values):
        return None
    return {"min": values.min().item(), "median": float(np.median(values)), "max": values.max().item()}


def _in_order(by_split: dict[str, int]) -> dict[str, int]:
    return {split: by_split[split] for split in SPLITS if split in by_split}


def _categories(frame: pd.DataFrame) -> dict[str, dict[str, int]]:
    table: dict[str, dict[str, int]] = {}
    for (category, split), of in frame.groupby(["category", "split"]):
        table.setdefault(str(category), {})[str(split)] = len(of)
    ordered = sorted(table.items(), key=lambda entry: (-sum(entry[1].values()), entry[0]))
    return {category: _in_order(by_split) for category, by_split in ordered}


def _items(frame: pd.DataFrame) -> dict[str, Any]:
    known = frame[frame["item"] != ""]
    images_of, splits_of = known.groupby("item").size(), known.groupby("item")["split"].nunique()
    return {
        "number": len(images_of),
        "images": len(known),
        "images_per_item": three_numbers(images_of.to_numpy()),
        "of_one_image": int((images_of == 1).sum()),
        "in_several_splits": int((splits_of > 1).sum()),
        "splits": _in_order({str(split): int(of["item"].nunique()) for split, of in known.groupby("split")}),
    }


def _attributes(labels: AttributeLabels) -> dict[str, dict[str, Any]]:
    has = np.zeros(len(labels.names), np.int64)
    columns: dict[str, list[int]] = {}
    for column, kind in enumerate(labels.types):
        columns.setdefault(kind, []).append(column)
    known = dict.fromkeys(columns, 0)
    for start in range(0, len(labels.values), ROWS_AT_ONCE):
        part = labels.values[start : start + ROWS_AT_ONCE]
        has += (part == HAS).sum(axis=0)
        for kind, of_kind in columns.items():
            known[kind] += int((part[:, of_kind] != UNKNOWN).any(axis=1).sum())
    return {
        kind: {
            "values": len(of_kind),
            "known": known[kind],
            "coverage": known[kind] / len(labels.values),
            "images": _most_frequent({labels.names[column]: int(has[column]) for column in of_kind}),
        }
        for kind, of_kind in columns.items()
    }


def _most_frequent(counts: dict[str, int]) -> dict[str, int]:
    return dict(sorted(counts.items(), key=lambda one: (-one[1], one[0])))


def _captions(of_images: Sequence[Sequence[str]]) -> dict[str, Any]:
    captions = [caption for of_image in of_images for caption in of_image]
    return {
        "images": sum(map(bool, of_images)),
        "number": len(captions),
        "different": len({*captions}),
        "words": three_numbers(np.array([len(caption.split()) for caption in captions])),
    }
