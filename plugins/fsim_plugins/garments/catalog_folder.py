"""A catalog as a folder: the images, metadata.csv, and the landmarks beside it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from fsim.errors import FsimError
from fsim.functional.labels.catalog_table import attributes_of, catalog_table
from fsim.functional.text.captions import caption_value, captions_of_text
from fsim.interfaces import CATALOG_COLUMNS, Catalog
from fsim_plugins.garments.outline import Landmark

METADATA, LANDMARKS = "metadata.csv", "landmarks.json"


def write_metadata(frame: pd.DataFrame, folder: Path) -> None:
    """metadata.csv, in the form that the dataset `csv` reads."""
    catalog_table(frame).to_csv(folder / METADATA, index=False, lineterminator="\n")


def read_metadata(folder: Path) -> Catalog:
    """The catalog of a folder that `write_metadata` finished."""
    table = pd.read_csv(folder / METADATA, dtype=str, keep_default_na=False)
    columns: dict[str, list[Any]] = {name: table[name].tolist() for name in CATALOG_COLUMNS}
    columns["box"] = [tuple(int(edge) for edge in box.split()) for box in columns["box"]]
    columns["attributes"] = [attributes_of(attributes) for attributes in columns["attributes"]]
    columns["caption"] = [caption_value(captions_of_text(text)) for text in columns["caption"]]
    return Catalog.of(columns, folder)


def write_landmarks(landmarks: Mapping[str, Mapping[str, Landmark]], folder: Path) -> None:
    """Image -> name of the landmark -> x, y and visibility (0 visible, 1 occluded, 2 cut off)."""
    (folder / LANDMARKS).write_text(json.dumps(landmarks), encoding="utf-8")


def read_landmarks(folder: Path) -> dict[str, dict[str, Landmark]]:
    """What `write_landmarks` wrote.

    Raises:
        FsimError: the folder has none.
    """
    try:
        found = json.loads((folder / LANDMARKS).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise FsimError(
            f"{folder} has no landmarks, which this layout needs ({error}); use a catalog of the dataset 'garments'"
        ) from error
    return {image: {name: (x, y, seen) for name, (x, y, seen) in marks.items()} for image, marks in found.items()}
