"""Brings a run folder back from its backup."""

from __future__ import annotations

import shutil
import uuid
from pathlib import Path

from fsim.backup.place import BackupPlace
from fsim.errors import FsimError
from fsim.store.run_folder import RunFolder


def restore(place: BackupPlace, out: Path) -> RunFolder:
    """Copy the run of a backup to `<out>/<name>/<time>`, whole or not at all; each file is checked by its hash.

    Raises:
        FsimError: there is no backup; a file is missing or not what was backed up; the folder is there already.
    """
    manifest = place.read_manifest()
    if manifest is None:
        raise FsimError(f"there is no backup at {place.url}; give the URL with the run's name and time at its end")
    target = out / manifest.name
    if target.exists():
        raise FsimError(f"{target} is there already, and is not overwritten; give another --out")
    target.parent.mkdir(parents=True, exist_ok=True)
    beside = target.with_name(f".{target.name}.{uuid.uuid4().hex}")
    try:
        for path, stored in manifest.files.items():
            file = beside / path
            file.parent.mkdir(parents=True, exist_ok=True)
            place.get(manifest.place(path), path, stored, file)
        beside.rename(target)
    except OSError as error:
        raise FsimError(f"cannot write {target}: {error.strerror or error}; give another --out") from error
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    return RunFolder.open(target)
