"""Blind comparisons of two indexes: what each side shows, and a file of the votes."""

from __future__ import annotations

import csv
import hashlib
import io
import os
import secrets
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import astuple, dataclass, field, fields
from pathlib import Path

from filelock import FileLock, Timeout

from fsim.errors import FsimError, WriteError
from fsim.kit.files import reject_missing_folder
from fsim.serving.loaded_index import LoadedIndex
from fsim.serving.request_error import RequestError

MAX_COMPARISONS = 1_000  # older ones can't be voted on any more
LOCK_SECONDS = 5.0


@dataclass
class ComparedSide:
    """What one side shows: rows of a generation of an index."""

    name: str
    loaded: LoadedIndex
    rows: Sequence[int]


@dataclass
class Comparison:
    """The answers of two indexes to one query, by side: `left` and `right`."""

    query: str
    crop: str
    filters: str
    k: int
    sides: dict[str, ComparedSide]
    voted: bool = field(default=False)


class Comparisons:
    """The latest comparisons, each under a token that reveals nothing of it."""

    def __init__(self) -> None:
        self._comparisons: OrderedDict[str, Comparison] = OrderedDict()
        self._secret = secrets.token_bytes(16)

    def is_swapped(self, query: str) -> bool:
        """Return whether the first index stands on the right: by chance, but always the same for a query."""
        return bool(hashlib.blake2b(query.encode(), key=self._secret, digest_size=1).digest()[0] & 1)

    def add(self, comparison: Comparison) -> str:
        """Keep a comparison and return its token."""
        token = secrets.token_urlsafe(12)
        self._comparisons[token] = comparison
        if len(self._comparisons) > MAX_COMPARISONS:
            self._comparisons.popitem(last=False)
        return token

    def get(self, token: str) -> Comparison:
        """Return the comparison of a token.

        Raises:
            RequestError: it is not kept.
        """
        if token not in self._comparisons:
            raise RequestError(404, "this comparison is over: search again")
        return self._comparisons[token]

    def image(self, token: str, side: str, position: int) -> tuple[LoadedIndex, int]:
        """Return the index that an image of a comparison is in, and its row there.

        Raises:
            RequestError: there is no such image.
        """
        compared = self.get(token).sides.get(side)
        if compared is None or not 0 <= position < len(compared.rows):
            raise RequestError(404, "there is no such image")
        return compared.loaded, compared.rows[position]


@dataclass(frozen=True)
class Vote:
    """A line of the file of votes.

    time         UTC
    query        of a picture a hash of its bytes, `id:12` of an image of the index, `text:red dress` of words,
                 or a picture and words with their weights
    crop         the part that was looked at, x1 y1 x2 y2, or nothing
    filters      key=value, parted by `&`
    k            answers on each side
    left, right  the index that was there; the voter did not know
    choice       left, right, both or neither
    chosen       the index that was voted for; nothing for both and neither
    """

    time: str
    query: str
    crop: str
    filters: str
    k: int
    left: str
    right: str
    choice: str
    chosen: str


HEADER = [column.name for column in fields(Vote)]


class VoteFile:
    """A csv file of votes, which several processes may append to.

    Raises:
        FsimError: its folder is missing, or the file is there and is no table of votes.
    """

    def __init__(self, file: Path) -> None:
        self.file = file
        reject_missing_folder(file)
        if file.exists():
            with file.open(encoding="utf-8", newline="") as stream:
                if next(csv.reader(stream), HEADER) != HEADER:
                    raise FsimError(f"{file} is there already, and no table of votes; name another file by --votes")

    def append(self, vote: Vote) -> None:
        """Append a line: either whole and on the disk, or not at all.

        Raises:
            WriteError: that can't be done.
        """
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        try:
            with FileLock(f"{self.file}.lock", timeout=LOCK_SECONDS), self.file.open("ab") as stream:
                end = stream.tell()
                if not end:
                    writer.writerow(HEADER)
                writer.writerow([_harmless(value) for value in astuple(vote)])
                try:
                    stream.write(text.getvalue().encode())
                    stream.flush()
                    os.fsync(stream.fileno())
                except OSError:
                    os.ftruncate(stream.fileno(), end)
                    raise
        except (OSError, Timeout) as error:
            raise WriteError(f"cannot write {self.file}: {error}; free space there or choose another place") from error


def _harmless(value: str | int) -> str | int:
    """Return a cell that no spreadsheet program takes for a formula."""
    return f"'{value}" if isinstance(value, str) and value[:1] in ("=", "+", "-", "@") else value
