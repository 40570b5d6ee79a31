"""The metrics of each query, kept as tables: what comparisons and reports are made of."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from fsim.errors import FsimError
from fsim.files import write_text

if TYPE_CHECKING:
    from fsim.evaluation import Evaluated


def write_per_query(folder: Path, evaluated: Iterable[Evaluated]) -> None:
    """One csv a protocol: image, category, item (numbers of the run), and a column for each evaluator/metric; empty
    where a query does not count."""
    folder.mkdir(parents=True, exist_ok=True)
    for one in evaluated:
        query = one.task.query
        columns = {"image": list(query.names), "category": query.categories.numpy(), "item": query.items.numpy()}
        table = pd.DataFrame(columns | {name: values.numpy() for name, values in one.per_query.items()})
        write_text(per_query_file(folder, one.protocol.split), table.to_csv(index=False))


def read_per_query(folder: Path, split: str) -> pd.DataFrame:
    """What `write_per_query` wrote.

    Raises:
        FsimError: there is none.
    """
    file = per_query_file(folder, split)
    if not file.is_file():
        raise FsimError(f"there is no {file}: evaluate the run first (fsim evaluate RUN)")
    return pd.read_csv(file, dtype={"image": str}, keep_default_na=False, na_values=[""])


def per_query_file(folder: Path, split: str) -> Path:
    """The table of a protocol, by the name that its lines in metrics.jsonl have."""
    return folder / f"{split.replace(':', '-in-').replace(' ', '-')}.csv"
