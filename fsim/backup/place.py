"""The place of a backup: a folder, or whatever fsspec knows by its URL (s3, gs, sftp, memory, ...)."""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO, NoReturn, TypeVar

from fsspec.core import url_to_fs  # type: ignore[import-untyped]

from fsim.backup.manifest import MANIFEST, Manifest, Stored
from fsim.errors import FsimError

log = logging.getLogger(__name__)
CHUNK = 2**20  # bytes
PAUSES = (1.0, 4.0, 15.0)  # seconds before another attempt
OBJECT_STORES = frozenset({"s3", "s3a", "gs", "gcs", "abfs", "abfss", "az", "oci", "oss"})
EXTRAS = {"s3": "s3", "s3a": "s3"}  # kind of URL -> the extra of fsim that has the package for it
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
            _reject_unknown_kind(self.url, error)
        self.root = self.root.rstrip("/")

    def read_manifest(self) -> Manifest | None:
        """Return the manifest; None where there is no backup.

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
        """Make a folder and those above it. Object stores have no folders, and would make a misspelt bucket."""
        protocols = self.files.protocol
        if OBJECT_STORES.isdisjoint([protocols] if isinstance(protocols, str) else protocols):
            self.files.makedirs(path, exist_ok=True)

    def _try(self, work: Callable[[], Result]) -> Result:
        """Do something that may fail by chance, and try it again after a pause.

        Raises:
            FsimError: it goes on failing, or for a reason that time does not change.
        """
        for pause in (*self.pauses, None):
            try:
                return work()
            except Exception as error:  # each of fsspec's systems has errors of its own
                message = f"cannot reach {self.url}: {_cause(error)}"
                if pause is None or _is_lasting(error):
                    raise FsimError(f"{message}; {_next_action(self.url, error)}") from error
                log.warning("%s; trying again in %g s", message, pause)
                time.sleep(pause)
        raise AssertionError("the last attempt returns or raises")


def _reject_unknown_kind(url: str, error: Exception) -> NoReturn:
    """Reject a URL of a kind that nothing here reads.

    Raises:
        FsimError: always; with what to install, where a package would read it.
    """
    extra = EXTRAS.get(_kind(url))
    if isinstance(error, ImportError) and extra is not None:
        raise FsimError(f"cannot reach {url}: {error}: pip install 'fsim[{extra}]'") from error
    raise FsimError(
        f"cannot reach {url}: {error}; give a folder, or a URL that fsspec knows, such as s3:// or sftp://"
    ) from error


def _cause(error: Exception) -> str:
    """Return what went wrong, in a line."""
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__


def _is_lasting(error: Exception) -> bool:
    """Return whether trying again is of no use: the bucket is not there, or the credentials are missing or refused."""
    return isinstance(error, FileNotFoundError) or _is_about_credentials(error)


def _next_action(url: str, error: Exception) -> str:
    """Return what the user should do."""
    if _is_about_credentials(error) and _kind(url) in EXTRAS:
        return (
            "see that the credentials are set and may write there: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or "
            "AWS_PROFILE; and AWS_ENDPOINT_URL where it is not Amazon's"
        )
    return "see that it is there and may be written to"


def _is_about_credentials(error: Exception) -> bool:
    # botocore's own errors are known by their names: it is not installed where nobody needs it.
    return isinstance(error, PermissionError) or type(error).__name__.endswith("CredentialsError")


def _kind(url: str) -> str:
    return url.partition("://")[0]
