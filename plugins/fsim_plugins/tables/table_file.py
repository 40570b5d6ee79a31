"""A catalog kept as one file with a row an image: what `csv`, `jsonl` and `parquet` share."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import replace
from pathlib import Path
from typing import Annotated

from pydantic import Field

from fsim.errors import FsimError
from fsim.functional.pictures.box_formats import BoxFormat
from fsim.interfaces import Catalog
from fsim.kit.attribute_labels_file import labels_file, read_labels
from fsim_plugins.tables.table_rows import SplitRule, TableRows, catalog_of

Share = Annotated[float, Field(ge=0, lt=1)]


class TableFile(ABC):
    """A dataset that is a table; how its rows are read is left open. `Csv` documents the parameters."""

    def __init__(
        self,
        file: Path,
        root: Path | None = None,
        box_format: BoxFormat = "xyxy",
        val_share: Share = 0.2,
        test_share: Share = 0.0,
        split_seed: int = 0,
    ) -> None:
        self.file, self.root, self.box_format = file, root, box_format
        self.rule = SplitRule(val_share, test_share, split_seed)

    def load(self) -> Catalog:
        file = self.file.expanduser().absolute()
        rows = self._rows(file)
        if not rows.columns["image"]:
            raise FsimError(f"{file} has no rows; add one row an image")
        catalog = catalog_of(rows, (self.root or file.parent).expanduser().absolute(), self.box_format, self.rule)
        beside = labels_file(file)
        if not beside.is_file():
            return catalog
        labels = read_labels(beside, catalog.frame["image"].tolist(), catalog.frame["attributes"].tolist())
        return replace(catalog, labelled=labels)

    @abstractmethod
    def _rows(self, file: Path) -> TableRows:
        """The rows of the file. FsimError where it cannot be read, or has no column `image`."""
