"""A catalog kept as a table: metadata.csv."""

from __future__ import annotations

import csv
from pathlib import Path

import pandas as pd

from fsim.errors import FsimError
from fsim_plugins.tables.catalog_columns import catalog_columns
from fsim_plugins.tables.table_file import TableFile
from fsim_plugins.tables.table_rows import TableRows

SEPARATORS = ",;\t"  # spreadsheets of many countries, whose decimals have a comma, write semicolons


class Csv(TableFile):
    """metadata.csv: one row an image. The column `image` is required; the other columns of a catalog may be there.

    image: path, relative to the file's folder or to `root`; split: train, val, test, query, gallery; category; item;
    box: four numbers, such as `x1 y1 x2 y2` in pixels; attributes: a JSON object, `{"colour": "red"}`, or a list of
    words, `["red", "striped"]`; caption: a text, or a JSON list of several, `["a red dress", "red cotton dress"]`.
    Further columns are ignored, which is logged.

    A file `metadata.csv.attributes.npz` (`fsim data meta` writes it where a source knows more than the cells can say)
    tells which attributes an image has not, and of which nobody knows. It holds for rows whose path and attributes are
    as they were written, all or some of them; remove it to go by the table alone.

    Args:
        file: the table, UTF-8, with a header row, which also says what parts the cells: a comma, a semicolon or a tab.
        root: the folder that the paths start from; the file's own by default.
        box_format: what the numbers of a box are: xyxy (left, top, right and bottom edge) or xywh (left and top edge,
            width and height), in pixels of the upright picture; relative_xyxy and relative_xywh: in shares of its
            width and height, 0 to 1, for which the head of each picture's file is read.
        val_share: where there is no column `split`: expected share of `val`, by a hash of the item (or the image).
        test_share: expected share of `test` there.
        split_seed: another seed, another split.

    Raises:
        FsimError: the file is missing or unreadable, has no column `image`, or a cell cannot be read or a box holds
            nothing (the row is named); the file beside it is of other rows.
    """

    def _rows(self, file: Path) -> TableRows:
        try:
            with file.open(encoding="utf-8-sig", newline="") as stream:
                separator = separator_of(stream.readline())
            # without a header, because pandas renames columns that are there twice
            table = pd.read_csv(
                file, sep=separator, header=None, dtype=str, keep_default_na=False, encoding="utf-8-sig"
            )
        except (OSError, ValueError) as error:  # parser and decoding errors are ValueErrors
            raise FsimError(
                f"cannot read {file}: {error}; set data.dataset.file to a UTF-8 csv with a header"
            ) from error
        header = table.iloc[0].tolist()
        columns = {name: table[header.index(name)].tolist()[1:] for name in catalog_columns(file, header)}
        return TableRows(columns, lambda row: f"{file}, line {row + 2}")


def separator_of(header: str) -> str:
    """What parts the cells of a header: that by which one of them is `image`, else that by which they are most."""

    def cells(separator: str) -> list[str]:
        return next(csv.reader([header], delimiter=separator), [])

    return max(SEPARATORS, key=lambda separator: ("image" in cells(separator), len(cells(separator))))
