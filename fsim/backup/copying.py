"""Copies a run folder to its backup: only what changed."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO

from fsim.backup.manifest import Manifest, Stored
from fsim.backup.place import CHUNK, BackupPlace
from fsim.errors import FsimError
from fsim.kit.files import LEFTOVER
from fsim.recipe.schema import BACKUP_PARTS
from fsim.store.run_folder import RunFolder


def back_up(folder: RunFolder, place: BackupPlace, parts: Sequence[str] = BACKUP_PARTS) -> int:
    """Bring a backup up to date, and return how many files were copied.

    The files in the run folder itself (recipe, environment, metrics, log, report) are always copied.

    Args:
        parts: which of its folders are copied too.

    Raises:
        FsimError: the place cannot be reached, or has the backup of another run.
    """
    before = place.read_manifest()
    manifest = Manifest(folder.run_id(), folder.name)
    if before is not None and before.run != manifest.run:
        raise FsimError(f"{place.url} has the backup of another run ({before.name}); name another place")
    known = {} if before is None else before.files
    copied = 0
    for path in _files(folder.path, parts):
        try:
            stream = (folder.path / path).open("rb")
        except FileNotFoundError:  # an older checkpoint that was removed meanwhile
            continue
        with stream:
            size = os.fstat(stream.fileno()).st_size  # what is written later to a log is left for the next time
            stored = Stored(_sha256(stream, size), size)
            manifest.files[path] = stored
            if known.get(path) != stored:
                place.put(manifest.place(path), stream, size)
                copied += 1
    if copied or before is None or before.files.keys() != manifest.files.keys():
        place.write_manifest(manifest)
        place.remove_others(manifest)
    return copied


def _files(root: Path, parts: Sequence[str]) -> Iterator[str]:
    """Yield the files to copy, by their path with `/`."""
    for path in sorted(root.rglob("*")):
        relative = path.relative_to(root)
        wanted = len(relative.parts) == 1 or relative.parts[0] in parts
        whole = not any(map(LEFTOVER.fullmatch, relative.parts))
        if wanted and whole and path.is_file() and not path.is_symlink():
            yield relative.as_posix()


def _sha256(stream: IO[bytes], size: int) -> str:
    digest = hashlib.sha256()
    while size:
        part = stream.read(min(CHUNK, size))
        digest.update(part)
        size -= len(part)
    return digest.hexdigest()
