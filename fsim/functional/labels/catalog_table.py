"""Build the text table of a catalog: metadata.csv."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pandas as pd

from fsim.functional.text.captions import captions_text
from fsim.interfaces import CATALOG_COLUMNS


def catalog_table(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the columns of a catalog as text, in the form that the dataset `csv` reads: box as `x1 y1 x2 y2`,
    attributes and several captions as JSON, what is unknown empty."""
    table = frame[list(CATALOG_COLUMNS)].copy()
    table["box"] = [box_text(box) for box in table["box"]]
    table["attributes"] = [json.dumps(value, ensure_ascii=False) if value else "" for value in table["attributes"]]
    table["caption"] = [captions_text(value) for value in table["caption"]]
    return table


def box_text(box: Sequence[float] | None) -> str:
    """Format a box as `x1 y1 x2 y2`; empty for no box."""
    return " ".join(f"{edge:.6g}" for edge in box) if box else ""


def attributes_of(text: str) -> dict[str, Any]:
    """Read the JSON object of a cell; ValueError where it holds none."""
    value = json.loads(text) if text else {}
    if not isinstance(value, dict):
        raise ValueError("expected a JSON object")
    return value
