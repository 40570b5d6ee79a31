from __future__ import annotations

from pathlib import Path

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from fsim_plugins.trackers.tensorboard import TensorBoard


def test_tensorboard_reads_what_was_logged(tmp_path: Path) -> None:
    tracker = TensorBoard(tmp_path)
    tracker.log(3, {"val/exact/recall@1": 0.5, "train/loss": 2.0})
    tracker.log(6, {"val/exact/recall@1": 0.75})
    tracker.close()
    events = EventAccumulator(str(tmp_path / "tensorboard"))
    events.Reload()
    assert [(event.step, event.value) for event in events.Scalars("val/exact/recall@1")] == [(3, 0.5), (6, 0.75)]
