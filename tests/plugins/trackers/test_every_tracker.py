from __future__ import annotations

from pathlib import Path

from fsim.interfaces import Tracker
from fsim.testing.tracker_contract import TrackerContract
from fsim_plugins.trackers.tensorboard import TensorBoard


class TestTensorBoard(TrackerContract):
    def make(self, folder: Path) -> Tracker:
        return TensorBoard(folder)
