"""A catalog kept as a table: metadata.csv."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Annotated, Any

import pandas as pd
from pydantic import Field

from fsim.errors import FsimError, nearest
from fsim.functional.catalog_table import attributes_of
from fsim.functional.splits import split_by_name
from fsim.interfaces import CATALOG_COLUMNS, Catalog

Share = Annotated[float, Field(ge=0, lt=1)]


class Csv:
    """metadata.csv: one row an image. The column `image` is required; the other columns of a catalog may be there.

    image: path, relative to the csv's folder or to `root`; split: train, val, test, query, gallery; category; item;
    box: `x1 y1 x2 y2` in pixels; attributes: a JSON object, `{"colour": "red"}`; caption. Further columns are ignored.

    Args:
        file: the csv, UTF-8, with a header row.
        root: the folder that the paths start from; the csv's own by default.
        val_share: where there is no column `split`: expected share of `val`, by a hash of the item (or the image).
        test_share: expected share of `test` there.
        split_seed: another seed, another split.

    Raises:
        FsimError: the file is missing or unreadable, has no column `image`, or a box or attributes cannot be read
            (the row is named).
    """

    def __init__(
        self,
        file: Path,
        root: Path | None = None,
        val_share: Share = 0.2,
        test_share: Share = 0.0,
        split_seed: int = 0,
    ) -> None:
        if val_share + test_share >= 1:
            raise FsimError("val_share and test_share leave nothing to train on; lower them")
        self.file, self.root = file, root
        self.val_share, self.test_share, self.split_seed = val_share, test_share, split_seed

    def load(self) -> Catalog:
        file = self.file.expanduser().absolute()
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error", pd.errors.ParserWarning)  # more cells in a row than in the header
                table = pd.read_csv(file, dtype=str, keep_default_na=False, encoding="utf-8-sig", index_col=False)
        except (OSError, ValueError, pd.errors.ParserWarning) as error:  # parser and decoding errors are ValueErrors
            raise FsimError(
                f"cannot read {file}: {error}; set data.dataset.file to a UTF-8 csv with a header"
            ) from error
        if "image" not in table:
            raise FsimError(
                f"{file} has no column 'image'{nearest('image', table.columns)}; name its column of paths so"
            )
        if table.empty:
            raise FsimError(f"{file} has no rows; add one row an image")
        columns: dict[str, Any] = {name: table[name].tolist() for name in CATALOG_COLUMNS if name in table}
        for name, read in (("box", _box), ("attributes", attributes_of)):
            if name in columns:
                columns[name] = [_cell(file, row, name, text, read) for row, text in enumerate(columns[name])]
        if "split" not in columns:
            items = columns.get("item", columns["image"])
            groups = [item or image for item, image in zip(items, columns["image"], strict=True)]
            columns["split"] = split_by_name(groups, self.val_share, self.test_share, self.split_seed)
        return Catalog.of(columns, (self.root or file.parent).expanduser().absolute())


def _cell(file: Path, row: int, name: str, text: str, read: Any) -> Any:
    try:
        return read(text)
    except ValueError as error:
        raise FsimError(f"{file}, line {row + 2}: {name} '{text}' cannot be read ({error}); mend this cell") from error


def _box(text: str) -> tuple[float, ...] | None:
    numbers = tuple(float(part) for part in text.replace(",", " ").split())
    if len(numbers) not in (0, 4):
        raise ValueError("expected four numbers, x1 y1 x2 y2")
    return numbers or None
