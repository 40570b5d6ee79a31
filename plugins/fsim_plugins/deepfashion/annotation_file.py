"""The annotation files of DeepFashion: a count, the names of the columns, and rows padded by blanks.

Formats: the README files of the benchmarks (Liu et al., DeepFashion, CVPR 2016). Copies that people edited hold more:
no count, no names of columns, a count that is wrong, a byte-order mark, lines ended by CR, other encodings.
"""

from __future__ import annotations

import codecs
import logging
import re
from collections.abc import Callable, Iterator
from pathlib import Path

from fsim.errors import FsimError

log = logging.getLogger("fsim.deepfashion")

Cut = Callable[[str], list[str]]
BOM = b"\xef\xbb\xbf"
UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
ENCODINGS = ("utf-8", "gb18030", "latin-1")  # the second is that of the authors' country; the last takes anything
LONGEST = 100  # characters of a name in a message
_HEADER = re.compile(r"(image|item|category|attribute|image_pair)_(name|id)(_1)?(\s.*)?", re.IGNORECASE)
_PATH = re.compile(r"(.*?\.(?:jpe?g|png|bmp|webp|gif))\s+(.*)", re.IGNORECASE)


def read_rows(file: Path, cut: Cut, num_columns: int, counted: bool = True) -> list[list[str]]:
    """The rows of an annotation file, cut into columns.

    Args:
        cut: how a row falls into columns: one of the functions below.
        num_columns: columns that each row must have.
        counted: whether the file begins with the number of its rows, as most do. A file whose rows are numbers does
        not.

    Raises:
        FsimError: the file can't be read, has no row, or a row has too few columns (the line is named).
    """
    rows = []
    for number, line in _lines(file, counted):
        row = cut(line)
        if len(row) != num_columns:
            raise FsimError(
                f"{file}, line {number}: expected {num_columns} columns and found {len(row)} in '{shown(line)}'; "
                f"fix this line, or fetch the file again (is it the file of another benchmark?)"
            )
        rows.append(row)
    if not rows:
        raise FsimError(f"{file} has no rows; fetch it again")
    return rows


def _lines(file: Path, counted: bool) -> Iterator[tuple[int, str]]:
    """The numbers and texts of the lines that hold rows, without the blanks around them."""
    try:
        content = file.read_bytes()
    except OSError as error:
        raise FsimError(f"cannot read {file}: {error.strerror}; fix that") from error
    count, found = None, 0
    for number, padded in enumerate(decoded(file, content).split("\n"), start=1):
        line = padded.strip()
        if not line:
            continue
        if counted and found == 0 and count is None and is_count(line):
            count = int(line)
        elif found or not is_header(line):
            found += 1
            yield number, line
    warn_of_count(file, count, found)


def is_count(line: str) -> bool:
    """Whether the first line of a file is the number of its rows."""
    return line.isascii() and line.isdigit()


def is_header(line: str) -> bool:
    """Whether a line before all rows is empty or names the columns: `image_name  x_1 y_1 x_2 y_2`."""
    return not line or _HEADER.fullmatch(line) is not None


def warn_of_count(file: Path, count: int | None, found: int) -> None:
    """Say so where a file's count is not the number of its rows."""
    if count is not None and count != found:
        log.warning("%s says that it has %d rows, and has %d; going on with those that are there", file, count, found)


def decoded(file: Path, content: bytes) -> str:
    """The text of a file, its lines ended by LF. An encoding other than UTF-8 is logged.

    Raises:
        FsimError: it begins as UTF-16 and is not.
    """
    for encoding in ("utf-16",) if content.startswith(UTF_16) else ENCODINGS:
        try:
            text = content.removeprefix(BOM).decode(encoding)
        except UnicodeDecodeError:
            continue
        if encoding != ENCODINGS[0]:
            log.warning("%s is not UTF-8 and was read as %s; look at its names, or save it as UTF-8", file, encoding)
        return text.replace("\r\n", "\n").replace("\r", "\n")
    raise FsimError(f"{file} begins as UTF-16 and is none; save it as UTF-8, or fetch it again")


def shown(name: str) -> str:
    """A name for a message: a file that is read amiss may make a name of all its text."""
    return name if len(name) <= LONGEST else f"{name[:LONGEST]}..."


def trailing(num_columns: int) -> Cut:
    """Rows of `num_columns`, of which only the first may hold blanks: `abstract chevron print  1`."""
    return lambda line: line.rsplit(None, num_columns - 1)


def path_and_text(line: str) -> list[str]:
    """Rows of a picture's path and words: `img/WOMEN/a.jpg  Olive Green`, parted by one blank or more."""
    found = _PATH.fullmatch(line)
    return [found[1], found[2]] if found else re.split(r"\s{2,}", line, maxsplit=1)


def two_paths(num_columns: int) -> Cut:
    """Rows of two paths and then words, `num_columns` in all: `img/a.jpg  img/b.jpg  id_00000001  train`."""

    def cut(line: str) -> list[str]:
        paths, *words = line.rsplit(None, num_columns - 2)
        return [*path_and_text(paths), *words]

    return cut
