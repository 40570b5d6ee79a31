"""A saved index: a folder with the library's own file, and a description of what that file does not say or may lose."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import get_args

from fsim.errors import FsimError
from fsim.interfaces import Distance

DESCRIPTION = "index.json"
FORMAT = 1


@dataclass(frozen=True)
class SavedIndex:
    """The description of a saved index.

    index           the component that wrote it
    distance        what it compares by
    num_embeddings  N
    dimensions      D
    """

    index: str
    distance: Distance
    num_embeddings: int
    dimensions: int


def save_index(folder: Path, saved: SavedIndex, name: str, write: Callable[[Path], object]) -> None:
    """Let `write` make the file of that name in the folder, and write the description beside it.

    Raises:
        FsimError: it cannot be written.
    """
    folder = Path(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # The description last: without it, or with that of another size, the folder counts as incomplete.
        (folder / DESCRIPTION).unlink(missing_ok=True)
        write(folder / name)
        described = {"format": FORMAT, **asdict(saved), "file": name, "bytes": (folder / name).stat().st_size}
        (folder / DESCRIPTION).write_text(json.dumps(described, indent=2) + "\n", encoding="utf-8")
    except (OSError, RuntimeError) as error:  # the libraries say RuntimeError where a disk is full
        raise FsimError(
            f"cannot write the index {folder}: {error}; free space there or choose another place"
        ) from error


def open_index(folder: Path, index: str, name: str) -> SavedIndex:
    """Read the description in a folder, and check it against the file of that name.

    Raises:
        FsimError: there is no index in the folder, it is another component's, or its file is not whole.
    """
    folder = Path(folder)
    try:
        described = json.loads((folder / DESCRIPTION).read_text(encoding="utf-8"))
        written, size = described.pop("bytes"), (folder / described.pop("file")).stat().st_size
        version = described.pop("format")
        saved = SavedIndex(**described)
        sound = saved.distance in get_args(Distance) and min(saved.num_embeddings, saved.dimensions) >= 1
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise FsimError(f"{folder} holds no whole index ({error}): build and save it anew") from error
    if version != FORMAT or not sound or saved.index != index:
        raise FsimError(
            f"{folder} holds an index '{saved.index}' of format {version}, not '{index}' of {FORMAT}; load it as that"
        )
    if size != written or not (folder / name).is_file():
        raise FsimError(f"{folder} holds no whole index ({size:,} bytes of {written:,}): build and save it anew")
    return saved


def index_bytes(folder: Path) -> int:
    """Return the bytes of the index saved in a folder, without its description."""
    return sum(file.stat().st_size for file in Path(folder).iterdir() if file.name != DESCRIPTION)
