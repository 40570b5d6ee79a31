"""The metrics of each query, kept in a run as tables: what comparisons, reports and model cards are made of."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from fsim.errors import FsimError


def per_query_file(folder: Path, split: str) -> Path:
    """Return the file of a protocol's table, by the name that its lines in metrics.jsonl have."""
    return folder / f"{split.replace(':', '-in-').replace(' ', '-')}.csv"


def read_per_query(file: Path) -> pd.DataFrame:
    """Read a table of image, category and item, and a column for each evaluator/metric.

    Raises:
        FsimError: there is none.
    """
    if not file.is_file():
        raise FsimError(
            f"there is no {file}: evaluate that network first (fsim evaluate RUN --checkpoint last, or best)"
        )
    names = ["image", "category", "item"]
    table = pd.read_csv(file, dtype=dict.fromkeys(names, str), keep_default_na=False, na_values=[""])
    table[names] = table[names].fillna("")
    return table
