"""A file of attribute labels: for each image or item a name, and 1, -1 or 0 for each of up to a thousand attributes.

The file of the Category and Attribute benchmark has 289 million labels in almost a gigabyte, so it is read in blocks,
and all labels of a block are found at once in its bytes.

Shape legend: N rows, A attributes; of a block: L lines, R rows, T labels, O other characters.
"""

from __future__ import annotations

import io
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import IO, NamedTuple

import numpy as np
import numpy.typing as npt

from fsim.errors import FsimError
from fsim_plugins.deepfashion.annotation_file import BOM, UTF_16, decoded, is_count, is_header, warn_of_count

BLOCK = 2**20  # bytes
START = 2**16  # bytes that hold the first lines
THREADS = 2  # numpy gives up the interpreter's lock while it works on a block
NEWLINE, BLANK, MINUS, ZERO = 10, 32, 45, 48
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
        with _opened(file) as stream:
            count, num_lines, rest = _head(stream)
            for rows in _parsed(_blocks(stream, rest), num_attributes):
                if rows.wrong is not None:
                    raise FsimError(
                        f"{file}, line {num_lines + rows.wrong}: expected a name and {num_attributes} labels of 1, -1 "
                        f"and 0; fix this line, or fetch the file again"
                    )
                names += rows.names
                labels.append(rows.labels)
                num_lines += rows.num_lines
    except OSError as error:
        raise FsimError(f"cannot read {file}: {error.strerror}; fix that") from error
    if not names:
        raise FsimError(f"{file} has no rows; fetch it again")
    warn_of_count(file, count, len(names))
    return decoded(file, b"\n".join(names)).split("\n"), np.concatenate(labels)


def _opened(file: Path) -> IO[bytes]:
    """The file; where it is UTF-16, or its lines end by CR alone, its text in memory as UTF-8 with LF."""
    stream = file.open("rb")
    start = stream.read(START)
    stream.seek(0)
    if not start.startswith(UTF_16) and (b"\n" in start or b"\r" not in start):
        return stream
    with stream:
        return io.BytesIO(decoded(file, stream.read()).encode())


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
    """The rows of whole lines. A label is a 0 or 1 between blanks, perhaps with a minus before it.

    All that takes time is done on whole arrays of bytes, and on as few arrays of numbers as will do.
    """
    content = np.frombuffer(b"\n\n" + block, np.uint8)
    blank = content <= BLANK
    minus = content == MINUS
    label = np.zeros(len(content), bool)
    np.equal(content[2:-1] & 0xFE, ZERO, out=label[2:-1])
    label[2:-1] &= blank[3:]
    label[2:-1] &= blank[1:-2] | (minus[1:-2] & blank[:-3])
    other = ~(blank | label)
    other[1:-1] &= ~(minus[1:-1] & label[2:])
    other = np.flatnonzero(other)  # [O], characters that belong to no label: nearly all of them to names
    place = np.flatnonzero(label)  # [T]
    values = (content[place] & 1).view(np.int8)  # [T]
    negative = minus[place - 1]  # [T]
    values -= 2 * (values & negative)

    ends = np.flatnonzero(content == NEWLINE)[1:]  # [L + 1], the first is the one before the block
    before, others = np.searchsorted(place, ends), np.searchsorted(other, ends)  # [L + 1], up to the end of each line
    held = np.diff(before)  # [L] labels; more than A where the name has such words too: the last A count
    rows = np.flatnonzero((held > 0) | (np.diff(others) > 0))  # lines that are not empty
    first = before[rows + 1] - num_attributes  # [R], a row's first label
    wrong = held[rows] < num_attributes
    if not wrong.any():
        start = place[first] - negative[first]  # [R], where it begins
        last = np.append(other, -1)[others[rows + 1] - 1]  # the last character that belongs to no label
        wrong = (last > start) | ((last < ends[rows]) & (held[rows] == num_attributes))  # no label, or no name
    if wrong.any():
        return _Rows([], values[:0, None], len(held), int(rows[wrong][0]) + 1)
    if len(values) > len(rows) * num_attributes:
        values = values[first[:, None] + np.arange(num_attributes)]
    names = [content[begin + 1 : end].tobytes().strip() for begin, end in zip(ends[rows], start, strict=True)]
    return _Rows(names, values.reshape(len(rows), num_attributes), len(held), None)
