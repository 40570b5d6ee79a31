"""Write files and folders atomically: beside their place, flushed to the disk, then renamed."""

from __future__ import annotations

import json
import os
import re
import shutil
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

from fsim.errors import FsimError, WriteError

LEFTOVER = re.compile(r"\..+\.[0-9a-f]{32}")


@contextmanager
def atomic_file(file: Path) -> Iterator[IO[bytes]]:
    """Open a file to write in place of `file`, which stays as it was until all is written.

    Raises:
        WriteError: it cannot be written (a full disk, no permission).
    """
    temporary: Path | None = None
    try:
        # Not tempfile: its files are for their owner alone, and a page or a table may be for others.
        with (file.parent / f".{file.name}.{uuid.uuid4().hex}").open("xb") as stream:
            temporary = Path(stream.name)
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        temporary.replace(file)
        temporary = None
        _flush_names(file.parent)
    except OSError as error:
        raise WriteError(
            f"cannot write {file}: {error.strerror or error}; free space there or choose another place"
        ) from error
    finally:
        if temporary is not None:
            temporary.unlink(missing_ok=True)


@contextmanager
def atomic_folder(folder: Path) -> Iterator[Path]:
    """Make a new folder to fill, which then replaces `folder` and all that was in it; where the filling fails, `folder`
    stays as it was.

    Raises:
        WriteError: it cannot be written.
    """
    beside = folder.parent / f".{folder.name}.{uuid.uuid4().hex}"
    before = folder.parent / f".{folder.name}.{uuid.uuid4().hex}"
    alone = not folder.parent.exists()
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        beside.mkdir()
        yield beside
        _flush_names(beside)
        if folder.exists():
            folder.rename(before)
        beside.rename(folder)
        _flush_names(folder.parent)
    except OSError as error:
        raise WriteError(
            f"cannot write {folder}: {error.strerror or error}; free space there or choose another place"
        ) from error
    finally:
        if before.exists() and not folder.exists():
            before.rename(folder)
        for remains in (beside, before):
            shutil.rmtree(remains, ignore_errors=True)
        if alone and not folder.exists():
            with suppress(OSError):
                folder.parent.rmdir()


def replace_by_link(name: Path, file: Path) -> None:
    """Give a second name to a file that is only ever replaced, never changed; a file of that name before is removed.

    Raises:
        WriteError: that can't be done.
    """
    beside = name.with_name(f".{name.name}.{uuid.uuid4().hex}")
    try:
        if name.exists() and name.samefile(file):  # a rename among names of one file would leave both
            return
        try:
            os.link(file, beside)
        except OSError:  # a disk without such links
            shutil.copyfile(file, beside)
        beside.replace(name)
    except OSError as error:
        raise WriteError(f"cannot write {name}: {error.strerror or error}; choose another place") from error


def _flush_names(folder: Path) -> None:
    """Flush the names in a folder to the disk, so that a rename survives a power failure."""
    if os.name == "nt":  # which has no such thing
        return
    names = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(names)
    finally:
        os.close(names)


def remove_leftovers(folder: Path, without: Sequence[str] = ()) -> None:
    """Remove the temporary files and folders that killed writers left below a folder.

    Nobody may be writing there, except in the folders named by `without`, which are not looked into.
    """
    for place in [one for one in folder.iterdir() if one.name not in without]:
        for file in [place, *(place.rglob(".*") if place.is_dir() else ())]:
            if LEFTOVER.fullmatch(file.name) and file.is_dir():
                shutil.rmtree(file, ignore_errors=True)
            elif LEFTOVER.fullmatch(file.name):
                file.unlink(missing_ok=True)


def reject_missing_folder(file: Path) -> None:
    """Reject, before any work is done, a file whose folder does not exist.

    Raises:
        FsimError: it has none.
    """
    if not file.absolute().parent.is_dir():
        raise FsimError(f"cannot write {file}: there is no folder {file.absolute().parent}; make it, or choose another")


def write_text(file: Path, text: str) -> None:
    """Write a UTF-8 text file, atomically."""
    with atomic_file(file) as stream:
        stream.write(text.encode())


def write_json(file: Path, value: Any) -> None:
    """Write indented JSON, atomically."""
    write_text(file, json.dumps(value, indent=2, ensure_ascii=False) + "\n")


def write_with(file: Path, write: Callable[[IO[bytes]], Any]) -> None:
    """Let `write` fill a binary file, atomically."""
    with atomic_file(file) as stream:
        write(stream)


def cache_dir() -> Path:
    """Return `FSIM_CACHE_DIR`, or the user's cache folder of this system."""
    given = os.environ.get("FSIM_CACHE_DIR")
    if given:
        return Path(given).expanduser().absolute()
    from platformdirs import user_cache_path

    return user_cache_path("fsim")
