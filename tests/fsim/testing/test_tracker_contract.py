"""The suite for plugin authors finds the mistakes that it is for."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from fsim.interfaces import EmbeddedImages, Tracker
from fsim.testing.tracker_contract import TrackerContract


class Good:
    """Writes a line of JSON for each call."""

    max_images = 5

    def __init__(self, folder: Path) -> None:
        self.file = (folder / "log.jsonl").open("a", encoding="utf-8")

    def log(self, step: int, values: Mapping[str, float]) -> None:
        self.file.write(json.dumps({"step": step, **values}) + "\n")

    def show(self, step: int, images: EmbeddedImages) -> None:
        self.file.write(json.dumps({"step": step, "images": list(images.names)}) + "\n")

    def close(self) -> None:
        self.file.close()


class TestGood(TrackerContract):
    def make(self, folder: Path) -> Tracker:
        return Good(folder)


class TestWithoutImages(TrackerContract):
    def make(self, folder: Path) -> Tracker:
        tracker = Good(folder)
        tracker.max_images = 0
        return tracker


class CannotShow(Good):
    show = Tracker.show  # the default, which shows nothing


class NoNan(Good):
    def log(self, step: int, values: Mapping[str, float]) -> None:
        assert all(map(math.isfinite, values.values()))


class NeedsNumbers(Good):
    def log(self, step: int, values: Mapping[str, float]) -> None:
        max(values.values())


class RisingSteps(Good):
    last = -1

    def log(self, step: int, values: Mapping[str, float]) -> None:
        if step <= self.last:
            raise ValueError("steps must rise")
        self.last = step


class NewFile(Good):
    def __init__(self, folder: Path) -> None:
        self.file = (folder / "log.jsonl").open("x", encoding="utf-8")


class ClosesOnce(Good):
    def close(self) -> None:
        self.file.flush()
        self.file.close()


class FilesByName(Good):
    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def show(self, step: int, images: EmbeddedImages) -> None:
        for name in images.names:
            (self.folder / f"{step} {name}").touch(exist_ok=False)

    def close(self) -> None:
        pass


class WritesAtHand(Good):
    def __init__(self, folder: Path) -> None:
        super().__init__(Path())


class Climbs(FilesByName):
    def log(self, step: int, values: Mapping[str, float]) -> None:
        for name in values:
            (self.folder / name).parent.mkdir(exist_ok=True, parents=True)
            (self.folder / name).touch()


@pytest.mark.parametrize(
    ("broken", "check", "arguments"),
    [
        (CannotShow, "test_has_the_members_of_a_tracker", ()),
        (NoNan, "test_takes_numbers_as_they_come", ()),
        (NeedsNumbers, "test_takes_numbers_as_they_come", ()),
        (RisingSteps, "test_takes_a_step_twice", ()),
        (NewFile, "test_goes_on_in_a_folder_that_has_been_logged_to", ()),
        (ClosesOnce, "test_may_be_closed_without_numbers_and_twice", ()),
    ],
)
def test_a_mistake_is_found(broken: type, check: str, arguments: tuple[Any, ...], tmp_path: Path) -> None:
    with pytest.raises((AssertionError, ValueError, OSError)):
        getattr(suite(broken), check)(tmp_path)


def test_images_of_one_name_are_shown(tmp_path: Path) -> None:
    with pytest.raises(FileExistsError):
        suite(FilesByName).test_shows_images(["a.jpg", "a.jpg"], tmp_path)


@pytest.mark.parametrize("broken", [WritesAtHand, Climbs])
def test_files_elsewhere_are_found(broken: type, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises((AssertionError, OSError)):
        suite(broken).test_writes_below_its_folder_alone(tmp_path, monkeypatch)


def suite(tracker: type) -> Any:
    class Suite(TrackerContract):
        def make(self, folder: Path) -> Tracker:
            return tracker(folder)  # type: ignore[no-any-return]

    return Suite()
