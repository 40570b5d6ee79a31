"""The metrics of each query, kept as tables: what comparisons and reports are made of."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from fsim.catalog.encoded_catalog import EncodedCatalog
from fsim.errors import FsimError
from fsim.kit.files import write_text

if TYPE_CHECKING:
    from fsim.evaluation.evaluation import Evaluated


def write_per_query(folder: Path, catalog: EncodedCatalog, evaluated: Iterable[Evaluated]) -> None:
    """One csv a protocol: image, category and item (empty where unknown), and a column for each evaluator/metric, empty
    where a query does not count."""
    folder.mkdir(parents=True, exist_ok=True)
    for one in evaluated:
        rows = one.protocol.query_rows
        labels = {"category": catalog.label_names("category", rows), "item": catalog.label_names("item", rows)}
        metrics = {name: values.numpy() for name, values in one.per_query.items()}
        table = pd.DataFrame({"image": catalog.names(rows), **labels, **metrics})
        write_text(per_query_file(folder, one.protocol.split), table.to_csv(index=False))


def read_per_query(file: Path) -> pd.DataFrame:
    """What `write_per_query` wrote. Older runs have the numbers of category and item in place of their names, and -1
    where unknown.

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


def per_query_file(folder: Path, split: str) -> Path:
    """The table of a protocol, by the name that its lines in metrics.jsonl have."""
    return folder / f"{split.replace(':', '-in-').replace(' ', '-')}.csv"
