"""Text files of a benchmark that list pictures, one a line, in columns parted by blanks."""

from __future__ import annotations

from pathlib import Path

from fsim.errors import FsimError


def read_lines(file: Path) -> list[str]:
    """The lines, numbered as in the file, without the blanks around them.

    Raises:
        FsimError: it cannot be read.
    """
    try:
        return [line.strip() for line in file.read_text(encoding="utf-8-sig").split("\n")]
    except (OSError, ValueError) as error:
        raise FsimError(f"cannot read {file}: {error}; fetch it again, or choose another --layout") from error


def read_columns(file: Path, num_columns: int, header: bool = False) -> list[list[str]]:
    """Rows of so many columns, of which only the last may hold blanks.

    Args:
        header: whether the first line names the columns.

    Raises:
        FsimError: it cannot be read, has no row, or a row has fewer columns (the line is named).
    """
    rows = []
    for number, line in enumerate(read_lines(file), start=1):
        if not line or (header and number == 1):
            continue
        row = line.split(None, num_columns - 1)
        if len(row) != num_columns:
            raise bad_line(file, number, line, f"{num_columns} columns")
        rows.append(row)
    if not rows:
        raise FsimError(f"{file} has no rows; fetch it again")
    return rows


def bad_line(file: Path, number: int, line: str, expected: str) -> FsimError:
    """That a line is not what it should be."""
    return FsimError(f"{file}, line {number}: expected {expected} in '{line[:100]}'; fix it, or fetch the file again")
