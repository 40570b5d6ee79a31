"""A folder whose content is replaced as a whole: a reader sees the old or the new, and a kill leaves the old."""

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

from fsim.errors import FsimError, WriteError
from fsim.kit.files import write_json

CURRENT = "current.json"
KEPT = 2  # generations: a reader that has begun with the last one can finish
NUMBER = re.compile(r"\d{6}")


class Generations:
    """`<path>/000001/`, `000002/`, ..., and current.json, which names the one that counts."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def current(self) -> Path | None:
        """The folder that counts; None before the first.

        Raises:
            FsimError: current.json is damaged.
        """
        try:
            name = json.loads((self.path / CURRENT).read_text(encoding="utf-8"))["generation"]
        except FileNotFoundError:
            return None
        except (OSError, ValueError, LookupError, TypeError) as error:
            raise FsimError(f"{self.path / CURRENT} is damaged ({error}): make the index anew by --rebuild") from error
        if not isinstance(name, str) or not NUMBER.fullmatch(name):
            raise FsimError(f"{self.path / CURRENT} names no generation: make the index anew by --rebuild")
        return self.path / name

    @contextmanager
    def held(self) -> Iterator[None]:
        """Let no other process write; a kill lets it go.

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

    def replace(self, fill: Callable[[Path], None]) -> Path:
        """Let `fill` write a new generation into a folder, and make it the one that counts. The caller holds it.

        Raises:
            WriteError: a full disk, say. The old one counts.
        """
        for left in self.path.glob(".*.building"):
            shutil.rmtree(left, ignore_errors=True)
        numbers = sorted(int(one.name) for one in self.path.iterdir() if NUMBER.fullmatch(one.name))
        name = f"{(numbers or [0])[-1] + 1:06}"
        building = self.path / f".{name}.{uuid.uuid4().hex}.building"
        try:
            building.mkdir()
            fill(building)
            for file in building.rglob("*"):
                if file.is_file():
                    _flush(file)
            building.rename(self.path / name)
        except OSError as error:
            raise WriteError(f"cannot write {self.path}: {error.strerror or error}; free space there") from error
        finally:
            shutil.rmtree(building, ignore_errors=True)  # gone already, where all went well
        write_json(self.path / CURRENT, {"generation": name})
        for number in numbers[: 1 - KEPT]:
            shutil.rmtree(self.path / f"{number:06}", ignore_errors=True)
        return self.path / name


def _flush(file: Path) -> None:
    with file.open("rb") as stream:
        os.fsync(stream.fileno())
