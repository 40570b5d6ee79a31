"""Where backups are: a folder, or whatever fsspec knows by its URL (s3, gs, sftp, memory, ...)."""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO, TypeVar

from fsspec.core import url_to_fs  # type: ignore[import-untyped]

from fsim.backup.manifest import MANIFEST, Manifest, Stored
from fsim.backup.unreachable import cause, is_lasting, refuse_unknown_kind, what_to_do
from fsim.errors import FsimError

log = logging.getLogger(__name__)
CHUNK = 2**20  # bytes
PAUSES = (1.0, 4.0, 15.0)  # seconds before another attempt
OBJECT_STORES = frozenset({"s3", "s3a", "gs", "gcs", "abfs", "abfss", "az", "oci", "oss"})
Result = TypeVar("Result")


class BackupPlace:
    """One backup at a URL.

    Args:
        pauses: seconds before what failed is tried again, and again.

    Raises:
        FsimError: nothing knows URLs of that kind; the package for it is not installed.
    """

    def __init__(self, url: str, pauses: Sequence[float] = PAUSES) -> None:
        self.url, self.pauses = url.rstrip("/"), pauses
        try:
            self.files, self.root = url_to_fs(self.url)
        except (ImportError, ValueError) as error:
            refuse_unknown_kind(self.url, error)
        self.root = self.root.rstrip("/")

    def read_manifest(self) -> Manifest | None:
        """The manifest; None where there is no backup.

        Raises:
            FsimError: it cannot be read, or is damaged.
        """

        def read() -> str | None:
            try:
                with self.files.open(f"{self.root}/{MANIFEST}", "rb") as stream:
                    return str(stream.read().decode())
            except FileNotFoundError:
                return None

        text = self._try(read)
        return None if text is None else Manifest.read(text, self.url)

    def write_manifest(self, manifest: Manifest) -> None:
        """Replace the manifest, whole or not at all."""
        beside = f"{self.root}/.{MANIFEST}.new"

        def write() -> None:
            self._make_folder(self.root)
            self.files.pipe_file(beside, manifest.text().encode())
            self.files.mv(beside, f"{self.root}/{MANIFEST}")

        self._try(write)

    def put(self, place: str, stream: IO[bytes], size: int) -> None:
        """Copy the first `size` bytes of a file."""
        target = f"{self.root}/{place}"

        def write() -> None:
            stream.seek(0)
            self._make_folder(target.rpartition("/")[0])
            left = size
            with self.files.open(target, "wb") as written:
                while left:
                    part = stream.read(min(CHUNK, left))
                    assert part, "a run's files are replaced or grow, and are never cut"
                    written.write(part)
                    left -= len(part)

        self._try(write)

    def get(self, place: str, path: str, expected: Stored, target: Path) -> None:
        """Copy a file here.

        Raises:
            FsimError: it is missing, or not what was backed up.
        """

        def read() -> str | None:
            digest = hashlib.sha256()
            try:
                stream = self.files.open(f"{self.root}/{place}", "rb")
            except FileNotFoundError:
                return None
            with stream, target.open("wb") as written:
                while part := stream.read(CHUNK):
                    digest.update(part)
                    written.write(part)
            return digest.hexdigest()

        found = self._try(read)
        if found is None:
            raise FsimError(f"{path} is missing in the backup {self.url}; take another backup")
        if found != expected.sha256:
            raise FsimError(
                f"{path} in the backup {self.url} is not what was backed up (its SHA-256 differs, in {place}); take "
                f"another backup"
            )

    def remove_others(self, manifest: Manifest) -> None:
        """Remove the files that the manifest does not name."""
        kept = {f"{self.root}/{place}" for place in manifest.places()}

        def remove() -> None:
            for file in self.files.find(f"{self.root}/files"):
                if file not in kept:
                    self.files.rm_file(file)

        self._try(remove)

    def _make_folder(self, path: str) -> None:
        """A folder and those above it, where there are folders: an object store would make a misspelt bucket."""
        protocols = self.files.protocol
        if OBJECT_STORES.isdisjoint([protocols] if isinstance(protocols, str) else protocols):
            self.files.makedirs(path, exist_ok=True)

    def _try(self, work: Callable[[], Result]) -> Result:
        """Do something that may fail by chance, again after a pause.

        Raises:
            FsimError: it goes on failing, or for a reason that time does not mend.
        """
        for pause in (*self.pauses, None):
            try:
                return work()
            except Exception as error:  # each of fsspec's systems has errors of its own
                told = f"cannot reach {self.url}: {cause(error)}"
                if pause is None or is_lasting(error):
                    raise FsimError(f"{told}; {what_to_do(self.url, error)}") from error
                log.warning("%s; trying again in %g s", told, pause)
                time.sleep(pause)
        raise AssertionError("the last attempt returns or raises")
