"""What every tracker must hold, as tests to inherit. For authors of plugins; needs pytest.

    class TestMyTracker(TrackerContract):
        def make(self, folder: Path) -> Tracker:
            return MyTracker(folder)

`folder` is empty, and another for each test. For one that sends its numbers to a server, give `make` a server of the
test, or the service's own way of working offline.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fsim.interfaces import EmbeddedImages, Tracker
from fsim.plugin.interface_check import complete

NAMES = {"one": ["a.jpg"], "several": ["a.jpg", "b.jpg", "a\tb\n.jpg"], "one name": ["a.jpg", "a.jpg", "a.jpg"]}


class TrackerContract:
    """Inherit it, give `make`, and name the class `Test...`."""

    def make(self, folder: Path) -> Tracker:
        """A new tracker of the run in this folder, which shows images if it can."""
        raise NotImplementedError

    def test_has_the_members_of_a_tracker(self, tmp_path: Path) -> None:
        with quietly(self.make(tmp_path)) as tracker:
            assert type(tracker.max_images) is int
            assert tracker.max_images >= 0
            shows = getattr(tracker.show, "__func__", None) is not Tracker.show
            assert shows or tracker.max_images == 0, "max_images promises a method `show`"

    def test_takes_numbers_as_they_come(self, tmp_path: Path) -> None:
        with quietly(self.make(tmp_path)) as tracker:
            tracker.log(0, {})
            tracker.log(0, {"train/loss": 2.0})
            tracker.log(10, {"train/loss": math.nan, "train/triplet#2": math.inf, "val/exact/recall@1": 0.0})
            tracker.log(10, {f"val/{name}/f1 of '{name}' ünter 10 %": 1e-30 for name in range(200)})

    def test_takes_a_step_twice(self, tmp_path: Path) -> None:
        """A step is logged by training and by evaluation, and again after a run was resumed."""
        with quietly(self.make(tmp_path)) as tracker:
            for step in (3, 3, 6, 3):
                tracker.log(step, {"train/loss": 1.0})

    def test_goes_on_in_a_folder_that_has_been_logged_to(self, tmp_path: Path) -> None:
        for step in (3, 6):
            with quietly(self.make(tmp_path)) as tracker:
                tracker.log(step, {"train/loss": 1.0})

    def test_may_be_closed_without_numbers_and_twice(self, tmp_path: Path) -> None:
        with quietly(self.make(tmp_path)) as tracker:
            tracker.close()
        with quietly(self.make(tmp_path)) as tracker:
            tracker.log(1, {"train/loss": 1.0})
            tracker.close()

    @pytest.mark.parametrize("names", NAMES.values(), ids=NAMES.keys())
    def test_shows_images(self, names: list[str], tmp_path: Path) -> None:
        with quietly(self.make(tmp_path)) as tracker:
            if tracker.max_images == 0:
                pytest.skip("it shows no images")
            tracker.show(3, embedded_images(names))
            tracker.log(3, {"train/loss": 1.0})
            tracker.show(6, embedded_images(names))

    def test_writes_below_its_folder_alone(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        folder, elsewhere = tmp_path / "run", tmp_path / "elsewhere"
        folder.mkdir()
        elsewhere.mkdir()
        monkeypatch.chdir(elsewhere)
        with quietly(self.make(folder)) as tracker:
            tracker.log(3, {"../up": 1.0, "/train/loss": 1.0, "val/../../loss": 1.0})
            if tracker.max_images > 0:
                tracker.show(3, embedded_images(["../../a.jpg", "/b.jpg"]))
        written = {path.relative_to(tmp_path).parts[0] for path in tmp_path.rglob("*")}
        assert written == {"run", "elsewhere"}
        assert not list(elsewhere.iterdir()), "it wrote into the folder that the command was started in"


@contextmanager
def quietly(tracker: Any) -> Iterator[Any]:
    """The tracker with all members of its interface, closed in the end; a warning is an error meanwhile."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            yield complete("tracker", "under test", tracker)
        finally:
            tracker.close()


def embedded_images(names: list[str]) -> EmbeddedImages:
    """Images of these names, of which the first one's category and item are unknown."""
    rng = np.random.default_rng(0)
    return EmbeddedImages(
        split="val",
        embedding=rng.normal(size=(len(names), 4)).astype(np.float32),
        names=names,
        categories=["", *["a hat"] * (len(names) - 1)],
        items=["", *["7"] * (len(names) - 1)],
        thumbnails=rng.integers(0, 256, (len(names), 16, 16, 3), dtype=np.uint8),
    )
