"""The manifest of a backup: the files of a run, each by the hash of its content."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any, NamedTuple

from fsim.errors import FsimError

FORMAT = 1
MANIFEST = "manifest.json"


class Stored(NamedTuple):
    """A file as it was when it was copied."""

    sha256: str
    size: int  # bytes


@dataclass
class Manifest:
    """`manifest.json` of a backup: which run it is of, and its files by their path in the run folder, with `/`.

    It is written after all files, and files that it names keep their names: whoever reads a backup while it is written
    sees the backup before.
    """

    run: str  # its id
    name: str  # `<recipe name>/<time>`
    files: dict[str, Stored] = field(default_factory=dict)

    def place(self, path: str) -> str:
        """Return where a file's content is, below the backup's URL."""
        return f"files/{path}.{self.files[path].sha256[:16]}"

    def places(self) -> Iterator[str]:
        return (self.place(path) for path in self.files)

    def text(self) -> str:
        files = {path: {"sha256": file.sha256, "size": file.size} for path, file in sorted(self.files.items())}
        return json.dumps({"format": FORMAT, "run": self.run, "name": self.name, "files": files}, indent=1)

    @classmethod
    def read(cls, text: str, where: str) -> Manifest:
        """Read a manifest from its text.

        Raises:
            FsimError: it is damaged, of another format, or names files outside of a run folder.
        """
        try:
            found = json.loads(text)
            if found["format"] != FORMAT:
                raise ValueError(f"format {found['format']}")
            files = {_inside(path): Stored(str(one["sha256"]), int(one["size"])) for path, one in _items(found)}
            return cls(str(found["run"]), _inside(str(found["name"])), files)
        except (ValueError, LookupError, TypeError, AttributeError) as error:
            raise FsimError(
                f"{where}/{MANIFEST} is damaged, or not of a backup by this fsim ({error}); take another backup"
            ) from error


def _items(found: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    return iter(found["files"].items())


def _inside(path: str) -> str:
    """Return a relative path that stays in its folder.

    Raises:
        ValueError: it leads elsewhere.
    """
    pure = PurePosixPath(path)
    if pure.is_absolute() or not pure.parts or ".." in pure.parts or "\\" in path or ":" in path:
        raise ValueError(f"the path {path!r}")
    return path
