"""A file of attribute labels: for each image or item a name, and 1, -1 or 0 for each of up to a thousand attributes.

The file of the Category and Attribute benchmark has 289 million labels in almost a gigabyte, so it is read in blocks,
and all labels of a block are found at once in its bytes.

Shape legend: N rows, A attributes, L lines of a block, T labels of a block.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import IO, NamedTuple

import numpy as np
import numpy.typing as npt

from fsim.errors import FsimError
from fsim_plugins.deepfashion.annotation_file import BOM, decoded, is_count, is_header, warn_of_count

BLOCK = 2**23  # bytes
THREADS = 2  # numpy gives up the interpreter's lock while it works on a block
NEWLINE, BLANK, MINUS, ZERO, ONE = 10, 32, 45, 48, 49
Labels = npt.NDArray[np.int8]


class _Rows(NamedTuple):
    names: list[bytes]
    labels: Labels  # [L, A]
    num_lines: int
    wrong: int | None  # the number, within the block, of a line that is no row


def read_attribute_file(file: Path, num_attributes: int) -> tuple[list[str], Labels]:
    """Names [N] and labels int8 [N, A].

    Raises:
        FsimError: the file can't be read, has no row, or a row is not a name and `num_attributes` labels of 1, -1 and 0
            (the line is named).
    """
    names: list[bytes] = []
    labels: list[Labels] = []
    try:
        with file.open("rb") as stream:
            count, num_lines, rest = _head(stream)
            for rows in _parsed(_blocks(stream, rest), num_attributes):
                if rows.wrong is not None:
                    raise FsimError(
                        f"{file}, line {num_lines + rows.wrong}: expected a name and {num_attributes} labels of 1, -1 "
                        f"and 0; mend this line, or fetch the file again"
                    )
                names += rows.names
                labels.append(rows.labels)
                num_lines += rows.num_lines
    except OSError as error:
        raise FsimError(f"cannot read {file}: {error.strerror}; mend that") from error
    if not names:
        raise FsimError(f"{file} has no rows; fetch it again")
    warn_of_count(file, count, len(names))
    return decoded(file, b"\n".join(names)).split("\n"), np.concatenate(labels)


def _head(stream: IO[bytes]) -> tuple[int | None, int, bytes]:
    """The count or None, the number of lines that hold no row, and the first line that may hold one."""
    count = None
    for number in range(3):
        line = stream.readline().removeprefix(BOM)
        text = line.decode("latin-1").strip()
        if count is None and is_count(text):
            count = int(text)
        elif not is_header(text):
            return count, number, line
    return count, 3, b""


def _blocks(stream: IO[bytes], rest: bytes) -> Iterator[bytes]:
    """The stream in blocks of whole lines."""
    while block := stream.read(BLOCK):
        whole, newline, after = block.rpartition(b"\n")
        if newline:
            yield rest + whole + newline
            rest = after
        else:
            rest += block
    if rest:
        yield rest + b"\n"


def _parsed(blocks: Iterator[bytes], num_attributes: int) -> Iterator[_Rows]:
    """The rows of each block, in order; a few blocks are in memory at a time."""
    under_way: deque[Future[_Rows]] = deque()
    with ThreadPoolExecutor(THREADS) as pool:
        for block in blocks:
            under_way.append(pool.submit(_parse, block, num_attributes))
            if len(under_way) > THREADS:
                yield under_way.popleft().result()
        while under_way:
            yield under_way.popleft().result()


def _parse(block: bytes, num_attributes: int) -> _Rows:
    """The rows of whole lines. A label is a 0 or 1 between blanks, perhaps with a minus before it."""
    content = np.frombuffer(b"\n\n" + block, np.uint8)
    blank = content <= BLANK
    minus = content == MINUS
    label = (content[2:-1] & 0xFE) == ZERO
    label &= blank[3:]
    label &= blank[1:-2] | (minus[1:-2] & blank[:-3])
    place = np.flatnonzero(label) + 2  # [T]
    negative = minus[place - 1]  # [T]
    values = (content[place] == ONE).astype(np.int8)  # [T]
    np.negative(values, out=values, where=negative)

    ends = np.flatnonzero(content == NEWLINE)[1:]  # [L + 1], the first is the one before the block
    before = np.searchsorted(place, ends)  # [L + 1], labels up to the end of each line
    held = np.diff(before)  # [L]; more than A where the name has such words too: the last A count
    solid = np.concatenate(([0], np.cumsum(~blank, dtype=np.int32)))  # characters that are no blanks, up to each place
    rows = np.flatnonzero(np.diff(solid[ends]) > 0)  # lines that are not empty
    short = rows[held[rows] < num_attributes]
    if len(short):
        return _Rows([], values[:0, None], len(held), int(short[0]) + 1)
    chosen = before[rows + 1, None] - np.arange(num_attributes, 0, -1)  # [rows, A]
    start = place[chosen[:, 0]] - negative[chosen[:, 0]]  # where a row's first label begins
    if len(rows) * num_attributes < len(values):
        values, negative = values[chosen], negative[chosen]
    labels = values.reshape(len(rows), num_attributes)
    characters = num_attributes + negative.reshape(labels.shape).sum(1)  # of a row's labels, if there is nothing else
    strange = rows[(solid[ends[rows + 1]] - solid[start] != characters) | (solid[start] == solid[ends[rows]])]
    if len(strange):
        return _Rows([], labels[:0], len(held), int(strange[0]) + 1)
    names = [content[first + 1 : last].tobytes().strip() for first, last in zip(ends[rows], start, strict=True)]
    return _Rows(names, labels, len(held), None)
