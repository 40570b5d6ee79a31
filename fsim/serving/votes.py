"""Votes of comparisons, as lines of a csv file that several processes may write to."""

from __future__ import annotations

import csv
import io
import os
from dataclasses import astuple, dataclass, fields
from pathlib import Path

from filelock import FileLock, Timeout

from fsim.errors import FsimError, WriteError
from fsim.kit.files import refuse_without_folder

LOCK_SECONDS = 5.0


@dataclass(frozen=True)
class Vote:
    """
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


HEADER = [field.name for field in fields(Vote)]


class VoteFile:
    """
    Raises:
        FsimError: there is no folder for it, or the file is no table of votes.
    """

    def __init__(self, file: Path) -> None:
        self.file = file
        refuse_without_folder(file)
        if file.exists():
            with file.open(encoding="utf-8", newline="") as stream:
                if next(csv.reader(stream), HEADER) != HEADER:
                    raise FsimError(f"{file} is there already, and no table of votes; name another file by --votes")

    def append(self, vote: Vote) -> None:
        """Add a line, whole and on the disk, or none.

        Raises:
            WriteError: that can't be done.
        """
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        try:
            with FileLock(f"{self.file}.lock", timeout=LOCK_SECONDS), self.file.open("ab") as stream:
                before = stream.tell()
                if not before:
                    writer.writerow(HEADER)
                writer.writerow([_plain(one) for one in astuple(vote)])
                try:
                    stream.write(text.getvalue().encode())
                    stream.flush()
                    os.fsync(stream.fileno())
                except OSError:
                    os.ftruncate(stream.fileno(), before)
                    raise
        except (OSError, Timeout) as error:
            raise WriteError(f"cannot write {self.file}: {error}; free space there or choose another place") from error


def _plain(value: str | int) -> str | int:
    """A cell that no program of tables takes for a formula."""
    return f"'{value}" if isinstance(value, str) and value[:1] in ("=", "+", "-", "@") else value
