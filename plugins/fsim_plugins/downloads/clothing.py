"""The photographs of the clothing recipes: fetched, unpacked beside their place, then renamed."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Annotated, ClassVar

from pydantic import Field

from fsim.errors import FsimError
from fsim.interfaces import Reporter
from fsim.kit.fetch import fetch
from fsim.kit.unpack import BrokenZipError, unpack

CLOTHING_URL = "https://github.com/alexeygrigorev/clothing-dataset-small/archive/refs/heads/master.zip"
CLOTHING_SPLITS = {"train", "validation", "test"}


class Clothing:
    """3,781 photographs, 10 categories, CC0: alexeygrigorev/clothing-dataset-small, in
    `<to>/clothing/{train,validation,test}`."""

    terms: ClassVar[str] = ""

    def __init__(
        self, url: Annotated[str | None, Field(description="another place that has the same zip file")] = None
    ) -> None:
        self.url = url

    def fetch(self, to: Path, reporter: Reporter) -> Path:
        """Fetch and unpack the photographs.

        Raises:
            FsimError: the folder is there already, the network fails, or the file is not the expected zip.
        """
        target = to / "clothing"
        if target.exists():
            raise FsimError(f"{target} is there already; use it, move it away, or choose another --to")
        try:
            to.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise FsimError(f"cannot make the folder {to}: {error.strerror}; choose another --to") from error
        packed = to / "clothing.zip.part"
        fetch(self.url or CLOTHING_URL, packed, lambda done, total: reporter.bar("download", done, total))
        with tempfile.TemporaryDirectory(dir=to, prefix=".clothing.") as folder:
            try:
                count = unpack(packed, Path(folder), _place)
            except BrokenZipError as error:
                packed.unlink()
                raise FsimError(f"{error}; it was removed, run the command again") from error
            if not count:
                raise FsimError(f"{packed} has no folders train, validation, test; remove it and try again")
            Path(folder).rename(target)
            Path(folder).mkdir()  # for TemporaryDirectory to remove
        target.chmod(0o755)
        packed.unlink()
        return target

    def next_steps(self, folder: Path) -> list[str]:
        return [f"the photographs are in {folder}"]


def _place(parts: tuple[str, ...]) -> tuple[str, ...] | None:
    """Below the top folder: the subfolders of the splits."""
    below = parts[1:]
    return below if below and below[0] in CLOTHING_SPLITS and ".." not in below else None
