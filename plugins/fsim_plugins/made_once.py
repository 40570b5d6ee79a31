"""Folders that are made once: whole or not there, whoever else makes the same one and whenever one is killed."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from filelock import FileLock

from fsim.errors import FsimError


def made_once(folder: Path, last_file: str, make: Callable[[Path], None]) -> Path:
    """The folder, which `make` fills if that has not been done.

    It is filled under another name beside its place, and renamed. One process at a time does so; the others wait and
    find it done. What a killed process left behind is removed by the next that makes the same folder.

    Args:
        last_file: a file whose absence shows that somebody took the folder apart; then it is made anew.
        make: is given an empty folder.

    Raises:
        FsimError: it cannot be written.
    """
    if (folder / last_file).is_file():
        return folder
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(folder.parent / f"{folder.name}.lock"):
            if not (folder / last_file).is_file():
                _make(folder, make)
    except OSError as error:
        raise FsimError(
            f"cannot write {folder}: {error.strerror or error}; free space there, or set FSIM_CACHE_DIR elsewhere"
        ) from error
    return folder


def _make(folder: Path, make: Callable[[Path], None]) -> None:
    prefix = f".{folder.name}."
    for left_behind in (folder, *folder.parent.glob(f"{prefix}*")):
        if left_behind.exists():
            shutil.rmtree(left_behind)
    unfinished = Path(tempfile.mkdtemp(prefix=prefix, dir=folder.parent))
    try:
        make(unfinished)
        unfinished.chmod(0o755)  # mkdtemp's are their owner's alone
        unfinished.rename(folder)
    except BaseException:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise
