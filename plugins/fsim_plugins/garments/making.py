"""Draws a wardrobe into a folder: every view of every item, and the catalog."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pandas as pd
import simplejpeg
from rich.console import Console
from rich.progress import track

from fsim.interfaces import CATALOG_COLUMNS
from fsim_plugins.garments.caption import caption
from fsim_plugins.garments.catalog_folder import write_landmarks, write_metadata
from fsim_plugins.garments.fabric import make_fabric
from fsim_plugins.garments.outline import Landmark
from fsim_plugins.garments.picture import take_picture
from fsim_plugins.garments.view import draw_view
from fsim_plugins.garments.wardrobe import Item, draw_item, listed_attributes, split_of

QUALITY = 90  # of the JPEGs


def make_wardrobe(folder: Path, items: int, views: int, seed: int) -> None:
    """Fill an empty folder; metadata.csv comes last. With a progress bar where stderr is a terminal."""
    (folder / "images").mkdir()
    rows: list[dict[str, Any]] = []
    landmarks: dict[str, dict[str, Landmark]] = {}
    progress = track(
        range(items),
        description="drawing garments",
        console=Console(stderr=True),
        disable=not sys.stderr.isatty(),
    )
    for index in progress:
        rows += _make_item(folder, draw_item(seed, index), views, landmarks)
    write_landmarks(landmarks, folder)
    write_metadata(pd.DataFrame(rows, columns=list(CATALOG_COLUMNS)), folder)


def _make_item(folder: Path, item: Item, views: int, landmarks: dict[str, dict[str, Landmark]]) -> list[dict[str, Any]]:
    """Draw the views of an item, and note their landmarks; its rows of the catalog."""
    attributes, fabric = listed_attributes(item), make_fabric(item)
    rows = []
    for view in range(views):
        picture = take_picture(item, fabric, draw_view(item, view))
        name = f"images/{item.id}_{view}.jpg"
        (folder / name).write_bytes(simplejpeg.encode_jpeg(picture.pixels, quality=QUALITY))
        landmarks[name] = picture.landmarks
        rows.append(
            {
                "image": name,
                "split": split_of(item.index),
                "category": item.category,
                "item": item.id,
                "box": picture.box,
                "attributes": attributes,
                "caption": caption(item.category, attributes),
            }
        )
    return rows
