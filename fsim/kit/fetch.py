"""Fetch a file by HTTP, resuming where an earlier try stopped."""

from __future__ import annotations

import errno
import http.client
import shutil
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NoReturn

from fsim.errors import FsimError

Progress = Callable[[int, int], None]  # bytes so far, bytes in all
BLOCK = 1 << 20
TIMEOUT = 60  # seconds without a byte
GO_ON = "run the command again, it goes on where it stopped"


class NotFoundError(FsimError):
    """The server has no such file, or gives a web page in its place."""


def fetch(url: str, file: Path, progress: Progress | None = None) -> None:
    """Download into `file`; a part that an earlier try left is kept and resumed.

    Raises:
        NotFoundError: the server has no such file, or gives a web page in its place.
        FsimError: the server cannot be reached or refuses, the connection breaks, or the disk is full.
    """
    start = file.stat().st_size if file.exists() else 0
    answer = _answer(url, start, file)
    if answer is None:  # nothing is left to fetch
        return
    with answer:
        if answer.headers.get("Content-Type", "").startswith("text/html"):  # what is there of the file is kept
            raise NotFoundError(f"{url} gives a web page in place of the file; get the file by hand")
        resumed = answer.status == 206
        total = _total(answer, start if resumed else 0)
        try:
            check_space(file.parent, total - (start if resumed else 0))
            with file.open("ab" if resumed else "wb") as stream:
                for block in _blocks(answer, url):
                    stream.write(block)
                    if progress:
                        progress(stream.tell(), total)
            size = file.stat().st_size
        except OSError as error:
            raise unwritable(file, error) from error
    if size < total:
        raise FsimError(f"the connection to {url} broke after {size:,} of {total:,} bytes; {GO_ON}")
    if total and size > total:
        _reject_other(url, file)


def check_space(folder: Path, needed: int) -> None:
    """Reject a download that the disk has no room for.

    Args:
        needed: bytes.

    Raises:
        FsimError: too little is free.
    """
    free = shutil.disk_usage(folder).free
    if needed > free:
        raise FsimError(
            f"{folder} has {free / 1e9:.1f} GB free, and {needed / 1e9:.1f} GB are needed; "
            f"free space there or choose another --to, then run the command again"
        )


def unwritable(file: Path, error: OSError) -> FsimError:
    """Build the error for a file that the disk does not take."""
    why = "the disk is full" if error.errno == errno.ENOSPC else error.strerror or str(error)
    return FsimError(f"cannot write {file}: {why}; free space there or choose another --to, then run the command again")


def _answer(url: str, start: int, file: Path) -> http.client.HTTPResponse | None:
    try:
        request = urllib.request.Request(url, headers={"Range": f"bytes={start}-"} if start else {})
        answer: http.client.HTTPResponse = urllib.request.urlopen(request, timeout=TIMEOUT)
        return answer
    except urllib.error.HTTPError as error:
        with error:
            if error.code == 416 and start:
                whole = (error.headers.get("Content-Range") or "").rpartition("/")[2]
                if whole.isdigit() and int(whole) != start:
                    _reject_other(url, file)
                return None
        kind = NotFoundError if error.code in (404, 410) else FsimError
        raise kind(f"{url} answers {error.code} {error.reason}; get the file by hand") from error
    except (ValueError, http.client.InvalidURL) as error:
        raise FsimError(f"'{url}' is no address ({error}); write it as http://host/path") from error
    except http.client.HTTPException as error:
        raise FsimError(f"the connection to {url} broke ({error!r}); {GO_ON}") from error
    except OSError as error:
        raise FsimError(
            f"cannot fetch {url} ({getattr(error, 'reason', error)}); get it on a machine with a network"
        ) from error


def _total(answer: http.client.HTTPResponse, start: int) -> int:
    """Return the bytes of the whole file; 0 if the server does not say."""
    length = answer.headers.get("Content-Length")
    return int(length) + start if length and length.isdigit() else 0


def _blocks(answer: http.client.HTTPResponse, url: str) -> Iterator[bytes]:
    while True:
        try:
            block = answer.read(BLOCK)
        except (http.client.HTTPException, OSError) as error:
            raise FsimError(f"the connection to {url} broke ({error!r}); {GO_ON}") from error
        if not block:
            return
        yield block


def _reject_other(url: str, file: Path) -> NoReturn:
    file.unlink()
    raise FsimError(f"{url} is another file than at the last try; what was fetched of it is removed, run again")
