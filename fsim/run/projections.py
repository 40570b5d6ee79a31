"""Draws maps of what was embedded: a picture and a table of points for each projection of the recipe."""

from __future__ import annotations

import csv
import io
import logging
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from fsim.errors import FsimError
from fsim.evaluation.embedded_images import embedded_images
from fsim.evaluation.protocol_result import ProtocolResult
from fsim.interfaces import EmbeddedImages, Projection, RetrievalTask, Vectors
from fsim.kit.files import write_text, write_with
from fsim.pages.map_picture import map_picture
from fsim.plugin.settings import ProjectionSettings
from fsim.run.observer import RunObserver, RunStart
from fsim.runtime.display import Display

log = logging.getLogger(__name__)


class ProjectionObserver(RunObserver):
    """Draws the queries of the monitored protocol.

    Each projection leaves `projections/<split>-<name>.png` and `.csv` (image, x, y, category) in the run folder; with
    `at_end: false` the epoch stands behind the name. One that is there twice gets a number.
    """

    def __init__(self, display: Display) -> None:
        self.display = display
        self.projections: list[tuple[str, ProjectionSettings, Projection]] = []

    def started(self, start: RunStart) -> None:
        self.start = start
        checked = start.training.checked
        parts = checked.each("evaluation.projections")
        for place, (part, settings) in enumerate(zip(parts, checked.recipe.evaluation.projections, strict=True)):
            number = sum(other.name == part.name for other in parts[: place + 1])
            name = part.name if number == 1 else f"{part.name}-{number}"
            self.projections.append((name, settings, part.build(seed=checked.recipe.seed)))

    def measured(self, results: Sequence[ProtocolResult], at_end: bool) -> None:
        for result in results:
            if result.protocol is self.start.evaluation.monitored:
                self._draw(result, at_end)

    def _draw(self, result: ProtocolResult, at_end: bool) -> None:
        """Draw what is due; a projection that fails costs its picture and not the run."""
        protocol, task, epoch = result.protocol, result.task, int(result.line.epoch)
        training, folder = self.start.training, self.start.folder
        for name, settings, projection in self.projections:
            if settings.at_end and not at_end:
                continue
            started = time.perf_counter()
            images = embedded_images(
                training.catalog, training.images, result, settings.max_images, training.checked.recipe.seed
            )
            try:
                plane = _project(projection, images.embedding, task)
            except Exception as error:  # whatever a library raises: what was learned must not be lost to a picture
                self.display.warn(f"no picture by projection '{name}' of {protocol.query}, epoch {epoch}: {error}")
                log.info("projection '%s' failed", name, exc_info=not isinstance(error, FsimError))
                continue
            file = self._write(
                name if settings.at_end else f"{name}-{epoch:03}", images, plane, epoch, len(task.query.names)
            )
            self.display.say(
                f"{file.relative_to(folder.path)}: {len(images.names)} images in {time.perf_counter() - started:.1f} s"
            )

    def _write(self, name: str, images: EmbeddedImages, plane: Vectors, epoch: int, available: int) -> Path:
        folder = self.start.folder.projections
        folder.mkdir(exist_ok=True)
        file = folder / f"{images.split}-{name}.png"
        total = f" of {available}" if available > len(images.names) else ""
        recipe_name = self.start.training.checked.recipe.name
        title = f"{recipe_name}   {name}   {len(images.names)}{total} images of {images.split}, epoch {epoch}"
        write_text(file.with_suffix(".csv"), _table(images, plane))
        picture = map_picture(plane, images.categories, images.thumbnails, title)
        write_with(file, lambda stream: picture.save(stream, "PNG"))
        return file


def _project(projection: Projection, embedding: Vectors, task: RetrievalTask) -> Vectors:
    """Project [N, D] -> [N, 2], and check the points.

    Raises:
        FsimError: the embeddings or the points are not finite, or the points have another shape.
    """
    if not np.isfinite(embedding).all():
        raise FsimError("the embeddings are not finite; lower train.optimizer.lr, or set train.precision=fp32")
    plane = projection(embedding, task.distance)
    if plane.shape != (len(embedding), 2) or not np.isfinite(plane).all():
        raise FsimError(
            f"it gives {plane.shape} where finite points {(len(embedding), 2)} are due; ask its author to fix it"
        )
    return plane


def _table(images: EmbeddedImages, plane: Vectors) -> str:
    """Write a row for each image: image, x, y, category."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["image", "x", "y", "category"])
    for name, (x, y), category in zip(images.names, plane, images.categories, strict=True):
        writer.writerow([name, f"{x:.7g}", f"{y:.7g}", category])
    return text.getvalue()
