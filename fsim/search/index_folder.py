"""The folder of an index: RUN/indexes/NAME, whose content is replaced as a whole."""

from __future__ import annotations

import json
import os
import re
import shutil
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from fsim.errors import FsimError, WriteError, nearest
from fsim.kit.files import write_json

DEFAULT_NAME = "default"
CURRENT = "current.json"
NUM_GENERATIONS = 2  # are kept: a reader that has started with the last but one can finish
GENERATION = re.compile(r"\d{6}")


def index_path(run: Path, name: str) -> Path:
    """Return where an index of a run lies."""
    return run / "indexes" / name


def index_names(run: Path) -> list[str]:
    """Return the names of a run's indexes."""
    return sorted(file.parent.name for file in (run / "indexes").glob(f"*/{CURRENT}"))


def find_index(given: Path) -> Path:
    """Return the folder of an index, given itself, or its run where that has one index.

    Raises:
        FsimError: it is neither, or the run has none, or several.
    """
    if (given / CURRENT).is_file():
        return given
    if (given / "recipe.yaml").is_file():
        names = index_names(given)
        if len(names) == 1:
            return index_path(given, names[0])
        if not names:
            raise FsimError(f"{given} has no index; make one: fsim index {given} --images FOLDER")
        paths = ", ".join(str(index_path(given, name)) for name in names)
        raise FsimError(f"{given} has several indexes; name one: {paths}")
    siblings = index_names(given.parent.parent) if given.parent.name == "indexes" else []
    hint = nearest(given.name, siblings) if siblings else ""
    raise FsimError(f"there is no index {given}{hint}; give RUN/indexes/NAME")


def run_of_index(path: Path) -> Path:
    """Return the run that an index lies in.

    Raises:
        FsimError: it lies in none.
    """
    run = path.absolute().parent.parent
    if not (run / "recipe.yaml").is_file():
        raise FsimError(f"{path} lies in no run: name the one whose network embeds the pictures by --run RUN")
    return run


class IndexFolder:
    """Generations of an index, `<path>/000001/`, `000002/`, ..., and current.json, which names the one that counts. A
    reader sees all of one generation; a process that is killed while it writes leaves the one before."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def current(self) -> Path | None:
        """Return the folder of the generation that counts; None before the first.

        Raises:
            FsimError: current.json is damaged.
        """
        try:
            name = json.loads((self.path / CURRENT).read_text(encoding="utf-8"))["generation"]
        except FileNotFoundError:
            return None
        except (OSError, ValueError, LookupError, TypeError) as error:
            raise FsimError(f"{self.path / CURRENT} is damaged ({error}): make the index again by --rebuild") from error
        if not isinstance(name, str) or not GENERATION.fullmatch(name):
            raise FsimError(f"{self.path / CURRENT} names no generation: make the index again by --rebuild")
        return self.path / name

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other processes from writing; a kill releases the lock.

        Raises:
            FsimError: another one is writing, or the folder can't be made.
        """
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            with FileLock(self.path / ".lock", timeout=0):
                yield
        except Timeout as error:
            raise FsimError(f"another process is changing {self.path}; wait for its end") from error
        except PermissionError as error:
            raise FsimError(f"{self.path} may not be written to; change its permissions") from error

    def replace(self, write: Callable[[Path], None]) -> Path:
        """Let `write` fill a new generation's folder, and make that generation the one that counts. The caller holds
        the lock.

        Raises:
            WriteError: a full disk, say. The generation before still counts.
        """
        for leftover in self.path.glob(".*.building"):
            shutil.rmtree(leftover, ignore_errors=True)
        numbers = sorted(int(folder.name) for folder in self.path.iterdir() if GENERATION.fullmatch(folder.name))
        name = f"{(numbers or [0])[-1] + 1:06}"
        building = self.path / f".{name}.{uuid.uuid4().hex}.building"
        try:
            building.mkdir()
            write(building)
            for file in building.rglob("*"):
                if file.is_file():
                    _flush(file)
            building.rename(self.path / name)
        except OSError as error:
            raise WriteError(f"cannot write {self.path}: {error.strerror or error}; free space there") from error
        finally:
            shutil.rmtree(building, ignore_errors=True)  # renamed already, where all went well
        write_json(self.path / CURRENT, {"generation": name})
        for number in numbers[: 1 - NUM_GENERATIONS]:
            shutil.rmtree(self.path / f"{number:06}", ignore_errors=True)
        return self.path / name


def _flush(file: Path) -> None:
    with file.open("rb") as stream:
        os.fsync(stream.fileno())
