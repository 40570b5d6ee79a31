"""Sends the numbers and the images of a run to the trackers that its recipe names."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from fsim.evaluation.embedded_images import embedded_images
from fsim.evaluation.protocol_result import ProtocolResult
from fsim.interfaces import Tracker
from fsim.run.observer import EpochSummary, RunObserver, RunStart, RunStop
from fsim.runtime.display import Display
from fsim.store.metric_lines import TrainingLine


class TrackerObserver(RunObserver):
    """Logs each epoch, and shows the queries at the end to the trackers that want images."""

    def __init__(self, display: Display) -> None:
        self.display = display
        self.trackers: list[Tracker] = []

    def started(self, start: RunStart) -> None:
        self.start = start
        parts = start.training.checked.each("trackers")
        self.trackers = [part.build(folder=start.folder.path) for part in parts]

    def trained(self, line: TrainingLine) -> None:
        self._log("train/health", line.health)
        self._log("train", {**line.metrics, "images_per_second": line.timings["images_per_second"]})

    def measured(self, results: Sequence[ProtocolResult], at_end: bool) -> None:
        for result in results:
            if at_end and result.protocol is self.start.evaluation.monitored:
                self._show(result)

    def epoch_ended(self, summary: EpochSummary) -> None:
        for line in summary.evaluations:
            self._log(line.split, line.metrics)
            self._log(f"{line.split}/health", line.health)

    def finished(self) -> None:
        self._close()

    def stopped(self, stop: RunStop) -> None:
        if not stop.hurried:
            self._close()

    def _log(self, prefix: str, values: Mapping[str, float | None]) -> None:
        """Log numbers by `<prefix>/<name>` at the step that the training stands at; None is NaN."""
        numbers = {f"{prefix}/{name}": math.nan if value is None else value for name, value in values.items()}
        for tracker in self.trackers:
            tracker.log(self.start.training.state.step, numbers)

    def _show(self, result: ProtocolResult) -> None:
        if not result.task.query.embedding.isfinite().all():
            self.display.warn(f"embeddings of {result.protocol.query} are not finite: the trackers do not get them")
            return
        training = self.start.training
        for tracker in self.trackers:
            if tracker.max_images > 0:
                images = embedded_images(
                    training.catalog, training.images, result, tracker.max_images, training.checked.recipe.seed
                )
                tracker.show(training.state.step, images)

    def _close(self) -> None:
        for tracker in self.trackers:
            tracker.close()
