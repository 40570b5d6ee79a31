"""Unpack zip files: nothing is written outside the folder, finished files are kept, and damage is reported."""

from __future__ import annotations

import shutil
import stat
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path, PurePosixPath

from fsim.errors import FsimError
from fsim.kit.fetch import check_space, unwritable

Place = Callable[[tuple[str, ...]], "tuple[str, ...] | None"]  # parts of an entry's path -> parts below the folder
DISK_BLOCK = 4096  # bytes that a file occupies at the least


class LockedZipError(FsimError):
    """The zip file is encrypted."""


class UnreadableZipError(FsimError):
    """The zip file is compressed in a way that Python cannot read."""


class BrokenZipError(FsimError):
    """The file is no zip file, or a damaged one."""


def check_zip(packed: Path) -> None:
    """Check that a file is a zip file with a table of contents, and is not locked; its contents are not read.

    Raises:
        LockedZipError: a password is needed.
        BrokenZipError: this is no zip file, or it is cut off.
    """
    with _opened(packed):
        pass


def unpack(packed: Path, folder: Path, place: Place, progress: Callable[[int, int], None] | None = None) -> int:
    """Unpack every entry that `place` gives a place in `folder`, and return how many there are. Existing files stay.

    A file appears under its name when it is whole, so that a stopped unpacking can be resumed.

    Raises:
        LockedZipError: a password is needed.
        BrokenZipError: this is no zip file, it is cut off or damaged, or a path in it leads elsewhere.
        UnreadableZipError: Python cannot read the compression.
        FsimError: the disk has no room.
    """
    entry_name = ""
    try:
        with _opened(packed) as archive:
            placed = _placed(packed, archive, place)
            folder.mkdir(parents=True, exist_ok=True)
            to_write = [entry for entry, parts in placed if not folder.joinpath(*parts).exists()]
            check_space(folder, sum(-(-entry.file_size // DISK_BLOCK) * DISK_BLOCK for entry in to_write))
            for done, (entry, parts) in enumerate(placed, 1):
                entry_name = entry.filename
                _write(archive, entry, folder.joinpath(*parts))
                if progress:
                    progress(done, len(placed))
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise _broken(packed, error) from error
    except NotImplementedError as error:
        raise UnreadableZipError(f"Python cannot unpack '{entry_name}' of {packed} ({error})") from error
    except OSError as error:
        raise unwritable(folder, error) from error
    return len(placed)


def is_web_page(file: Path) -> bool:
    """Whether a file is HTML, which servers send in place of a file that they do not give.

    Raises:
        FsimError: the file cannot be read.
    """
    try:
        with file.open("rb") as stream:
            start = stream.read(512).lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    except OSError as error:
        raise _unreadable(file, error) from error
    return start.startswith((b"<!doctype html", b"<html"))


def _opened(packed: Path) -> zipfile.ZipFile:
    try:
        archive = zipfile.ZipFile(packed)
    except zipfile.BadZipFile as error:
        raise _broken(packed, error) from error
    except OSError as error:
        raise _unreadable(packed, error) from error
    locked = [entry.filename for entry in archive.infolist() if entry.flag_bits & 1]
    if locked:
        archive.close()
        raise LockedZipError(f"{packed} is locked by a password ({len(locked):,} files, the first: {locked[0]})")
    return archive


def _broken(packed: Path, error: Exception) -> BrokenZipError:
    page = "a web page, " if is_web_page(packed) else ""
    return BrokenZipError(f"{packed} ({packed.stat().st_size:,} bytes) is {page}not a whole zip file ({error})")


def _unreadable(file: Path, error: OSError) -> FsimError:
    return FsimError(f"cannot read {file}: {error.strerror}; give yourself the right to read it")


def _placed(packed: Path, archive: zipfile.ZipFile, place: Place) -> list[tuple[zipfile.ZipInfo, tuple[str, ...]]]:
    placed = []
    for entry in archive.infolist():
        path = PurePosixPath(entry.filename.replace("\\", "/"))
        parts = None if entry.is_dir() else place(path.parts)
        if parts is None:
            continue
        if path.is_absolute() or ".." in path.parts or ":" in path.parts[0] or stat.S_ISLNK(entry.external_attr >> 16):
            raise BrokenZipError(f"'{entry.filename}' in {packed} leads out of the folder; this is not the real file")
        placed.append((entry, parts))
    return placed


def _write(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, target: Path) -> None:
    if target.exists():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    beside = target.with_name(target.name + ".part")
    with archive.open(entry) as source, beside.open("wb") as stream:
        shutil.copyfileobj(source, stream)
    beside.replace(target)
