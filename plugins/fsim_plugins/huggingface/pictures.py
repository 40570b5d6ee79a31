"""The pictures of a data set as files: those in its tables are written to a folder, once."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from fsim.errors import FsimError
from fsim_plugins.made_once import made_once

NAMES = "names.json"  # written last
STARTS = ((b"\xff\xd8\xff", ".jpg"), (b"\x89PNG", ".png"), (b"GIF8", ".gif"), (b"RIFF", ".webp"), (b"BM", ".bmp"))


def picture_names(parts: Mapping[str, Any], column: str, source: Path, folder: Path) -> tuple[list[str], Path]:
    """The path of each picture of all splits, and the folder that relative ones start from.

    Args:
        parts: split -> its table.
        column: that of the pictures: pictures, their bytes, or paths.
        source: the folder of the data set, from which the paths in its tables start.
        folder: where pictures of tables are written, each data set's in a folder of its own.

    Raises:
        FsimError: a cell is no picture, or they cannot be written.
    """
    key = hashlib.sha256("\n".join(_state(parts, column, source)).encode()).hexdigest()[:16]
    made = made_once(folder / key, NAMES, lambda empty: _write(parts, column, source, empty))
    names: list[str] = json.loads((made / NAMES).read_text(encoding="utf-8"))
    return names, made


def _state(parts: Mapping[str, Any], column: str, source: Path) -> Iterator[str]:
    """What the pictures depend on: the tables, by their files' lengths and times of change."""
    yield f"{column} {source}"
    for split, part in parts.items():
        yield f"{split} {len(part)} {part._fingerprint}"
        for table in part.cache_files:
            state = Path(table["filename"]).stat()
            yield f"{table['filename']} {state.st_size} {state.st_mtime_ns}"


def _write(parts: Mapping[str, Any], column: str, source: Path, folder: Path) -> None:
    names = []
    for number, (split, part) in enumerate(parts.items()):
        for row, cell in enumerate(_cells(split, part, column)):
            content, path = _picture(cell, f"split {split}, row {row}")
            if content is None:
                names.append(str(source / path))
                continue
            name = f"{number}/{row:07d}{_suffix(content)}"
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_bytes(content)
            names.append(name)
    (folder / NAMES).write_text(json.dumps(names), encoding="utf-8")


def _cells(split: str, part: Any, column: str) -> Iterator[Any]:
    if column not in part.column_names:
        raise FsimError(f"the split '{split}' has no column '{column}', which others have; name another image")
    one = part.select_columns([column]).with_format(None)
    feature = one.features[column]
    if type(feature).__name__ == "Image":
        one = one.cast_column(column, type(feature)(decode=False))  # the bytes as they are
    return (row[column] for row in one)


def _picture(cell: Any, place: str) -> tuple[bytes | None, str]:
    """(bytes, "") of a picture that lies in the table; (None, path) of a file. A null is an empty file: damaged."""
    if isinstance(cell, Mapping) and set(cell) <= {"bytes", "path"}:
        cell = cell.get("bytes") if cell.get("bytes") is not None else cell.get("path")
    if cell is None:
        return b"", ""
    if isinstance(cell, bytes):
        return cell, ""
    if isinstance(cell, str):
        return None, cell
    raise FsimError(
        f"{place}: the image is {type(cell).__name__}, and no picture, bytes or path; name the column of pictures: "
        f"data.dataset.image=..."
    )


def _suffix(content: bytes) -> str:
    """The ending by what the file begins with: viewers go by it, fsim does not."""
    return next((suffix for start, suffix in STARTS if content.startswith(start)), ".img")
