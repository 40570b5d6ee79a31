"""A catalog kept as one JSON object a line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from fsim.errors import FsimError
from fsim_plugins.tables.catalog_columns import catalog_columns
from fsim_plugins.tables.table_file import TableFile
from fsim_plugins.tables.table_rows import TableRows


class Jsonl(TableFile):
    """A file of JSON objects, one a line and an image: `{"image": "a.jpg", "category": "hat", "box": [1, 2, 30, 40]}`.

    The keys are the columns of the dataset `csv`, and so are the parameters (`fsim describe dataset csv`). A box is a
    list of four numbers, attributes are an object or a list of words, several captions a list; what `csv` reads as text
    is read too. What a line lacks, or has as null, is unknown; but `split` stands on all lines or on none.

    Raises:
        FsimError: the file is missing or unreadable, no line has `image`, or a line cannot be read, or a box holds
            nothing (the line is named).
    """

    def _rows(self, file: Path) -> TableRows:
        try:
            lines = file.read_text(encoding="utf-8-sig").split("\n")
        except (OSError, ValueError) as error:
            raise FsimError(
                f"cannot read {file}: {error}; set data.dataset.file to a UTF-8 file of one JSON object a line"
            ) from error
        numbers = [number for number, line in enumerate(lines, start=1) if line.strip()]
        objects = [_object(file, number, lines[number - 1]) for number in numbers]
        keys = dict.fromkeys(key for one in objects for key in one)
        names = catalog_columns(file, keys) if objects else ["image"]
        return TableRows(
            {name: [one.get(name) for one in objects] for name in names}, lambda row: f"{file}, line {numbers[row]}"
        )


def _object(file: Path, number: int, line: str) -> dict[str, Any]:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise FsimError(f"{file}, line {number} is no JSON ({error}); fix this line") from error
    if not isinstance(value, dict):
        raise FsimError(f'{file}, line {number} is no JSON object such as {{"image": "a.jpg"}}; fix this line')
    return value
