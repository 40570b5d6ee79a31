"""Maps of what was embedded: a picture and a table of points for each projection of the recipe."""

from __future__ import annotations

import csv
import io
import logging
import time
from pathlib import Path

import numpy as np

from fsim.catalog.encoded_catalog import EncodedCatalog
from fsim.errors import FsimError
from fsim.evaluation.embedded_images import embedded_images
from fsim.evaluation.protocol_result import ProtocolResult
from fsim.images.image_cache import CachedImages
from fsim.interfaces import EmbeddedImages, Projection, RetrievalTask, Vectors
from fsim.kit.files import write_text, write_with
from fsim.pages.map_picture import map_picture
from fsim.plugin.settings import ProjectionSettings
from fsim.recipe.checked_recipe import CheckedRecipe
from fsim.runtime.display import Display
from fsim.store.run_folder import RunFolder

log = logging.getLogger(__name__)


class Projections:
    """Draws the queries of a protocol.

    Each projection leaves `projections/<split>-<name>.png` and `.csv` (image, x, y, category) in the run folder; with
    `at_end: false` the epoch stands behind the name. One that is there twice gets a number.
    """

    def __init__(
        self, checked: CheckedRecipe, catalog: EncodedCatalog, cached: CachedImages, folder: RunFolder, display: Display
    ) -> None:
        self.recipe, self.folder, self.display = checked.recipe, folder, display
        self.catalog, self.cached = catalog, cached
        parts = checked.each("evaluation.projections")
        self.projections: list[tuple[str, ProjectionSettings, Projection]] = []
        for place, (part, settings) in enumerate(zip(parts, checked.recipe.evaluation.projections, strict=True)):
            number = sum(other.name == part.name for other in parts[: place + 1])
            name = part.name if number == 1 else f"{part.name}-{number}"
            built_part = part.build(seed=checked.recipe.seed)
            self.projections.append((name, settings, built_part))

    def __call__(self, evaluated: ProtocolResult, at_end: bool) -> None:
        """Draw what is due; a projection that fails costs its picture and not the run."""
        protocol, task, epoch = evaluated.protocol, evaluated.task, int(evaluated.line.epoch)
        for name, settings, projection in self.projections:
            if settings.at_end and not at_end:
                continue
            started = time.perf_counter()
            images = embedded_images(self.catalog, self.cached, evaluated, settings.max_images, self.recipe.seed)
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
                f"{file.relative_to(self.folder.path)}: {len(images.names)} images in "
                f"{time.perf_counter() - started:.1f} s"
            )

    def _write(self, name: str, images: EmbeddedImages, plane: Vectors, epoch: int, available: int) -> Path:
        self.folder.projections.mkdir(exist_ok=True)
        file = self.folder.projections / f"{images.split}-{name}.png"
        of = f" of {available}" if available > len(images.names) else ""
        title = f"{self.recipe.name}   {name}   {len(images.names)}{of} images of {images.split}, epoch {epoch}"
        write_text(file.with_suffix(".csv"), _table(images, plane))
        picture = map_picture(plane, images.categories, images.thumbnails, title)
        write_with(file, lambda stream: picture.save(stream, "PNG"))
        return file


def _project(projection: Projection, embedding: Vectors, task: RetrievalTask) -> Vectors:
    """[N, D] -> [N, 2], held against the contract.

    Raises:
        FsimError: the embeddings or the points are not finite, or the points have another shape.
    """
    if not np.isfinite(embedding).all():
        raise FsimError("the embeddings are not finite; lower train.optimizer.lr, or set train.precision=fp32")
    plane = projection(embedding, task.distance)
    if plane.shape != (len(embedding), 2) or not np.isfinite(plane).all():
        raise FsimError(
            f"it gives {plane.shape} where finite points {(len(embedding), 2)} are due; ask its author to mend it"
        )
    return plane


def _table(images: EmbeddedImages, plane: Vectors) -> str:
    """image, x, y, category: a row for each image."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["image", "x", "y", "category"])
    for name, (x, y), category in zip(images.names, plane, images.categories, strict=True):
        writer.writerow([name, f"{x:.7g}", f"{y:.7g}", category])
    return text.getvalue()
