"""The trackers of a run, together."""

from __future__ import annotations

from collections.abc import Mapping

from fsim import interfaces
from fsim.evaluation.embedded_images import embedded_images
from fsim.evaluation.protocol_result import ProtocolResult
from fsim.runtime.display import Display
from fsim.store.run_folder import RunFolder
from fsim.training.build import Training


class Trackers:
    """All that a recipe names, each told the same."""

    def __init__(self, training: Training, folder: RunFolder, display: Display) -> None:
        self.training, self.display = training, display
        self.each: list[interfaces.Tracker] = [
            part.build(folder=folder.path) for part in training.checked.each("trackers")
        ]

    def log(self, prefix: str, values: Mapping[str, float]) -> None:
        """Numbers, by `<prefix>/<name>`, at the step that the training stands at."""
        for tracker in self.each:
            tracker.log(self.training.state.step, {f"{prefix}/{name}": value for name, value in values.items()})

    def show(self, evaluated: ProtocolResult) -> None:
        """The queries, to those that show images."""
        if not evaluated.task.query.embedding.isfinite().all():
            self.display.warn(f"embeddings of {evaluated.protocol.query} are not finite: the trackers do not get them")
            return
        of = self.training
        for tracker in self.each:
            if tracker.max_images > 0:
                images = embedded_images(of.catalog, of.images, evaluated, tracker.max_images, of.checked.recipe.seed)
                tracker.show(of.state.step, images)

    def close(self) -> None:
        """Write out what they hold."""
        for tracker in self.each:
            tracker.close()
