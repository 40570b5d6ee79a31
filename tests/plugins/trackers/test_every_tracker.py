from __future__ import annotations

from pathlib import Path

from fsim.interfaces import Tracker
from fsim.registry import load
from fsim.testing.tracker_contract import TrackerContract


class TestTensorBoard(TrackerContract):
    components = ("tensorboard",)

    def make(self, folder: Path) -> Tracker:
        return load("tracker", "tensorboard")(folder)  # type: ignore[no-any-return]
