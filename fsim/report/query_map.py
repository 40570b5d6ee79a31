"""The section of a report with the map of the queries."""

from __future__ import annotations

import csv
import io
from typing import NamedTuple

import numpy as np

from fsim.evaluation.embedded_images import embedded_images
from fsim.functional.clusters.principal import compared, principal_plane
from fsim.interfaces import Vectors
from fsim.pages.image_map import image_map
from fsim.pages.page import Section
from fsim.report.evaluated_run import EvaluatedRun

MAX_IMAGES = 5_000  # for a page of a few MB


def map_section(run: EvaluatedRun) -> Section | None:
    """Show the queries as points, where the run's first projection placed them after its last epoch, else by their
    principal components; None where the embeddings are not finite."""
    task, recipe = run.result.task, run.recipe
    if not task.query.embedding.isfinite().all():
        return None
    drawn = _map_of_run(run)
    max_images = MAX_IMAGES if drawn is None else min(MAX_IMAGES, drawn.max_images)
    images = embedded_images(run.catalog, run.images, run.result, max_images, recipe.seed)
    if drawn is not None and all(image in drawn.points for image in images.names):
        name = drawn.projection
        plane: Vectors = np.array([drawn.points[image] for image in images.names], np.float32)
    else:
        name, plane = "principal components", principal_plane(compared(images.embedding, task.distance))
    of_all = f" of {len(task.query.names):,}" if len(images.names) < len(task.query.names) else ""
    text = (
        f"{len(images.names):,}{of_all} queries of {images.split} by {name}: near each other where their embeddings "
        f"are. Point at one to see it; press a category to pick it out."
    )
    return Section("Map", text, map=image_map(plane, images.names, images.categories, images.thumbnails))


class MapOfRun(NamedTuple):
    """A map that a run drew: by which projection, of how many images at most, and where each image lies."""

    projection: str
    max_images: int
    points: dict[str, tuple[float, float]]


def _map_of_run(run: EvaluatedRun) -> MapOfRun | None:
    """Read the first map that the run drew of its last network; None where there is none."""
    first = next((projection for projection in run.recipe.evaluation.projections if projection.at_end), None)
    if first is None or run.which != "last":
        return None
    file = run.folder.projections / f"{run.result.protocol.query}-{first.name}.csv"
    if not file.is_file():
        return None
    rows = csv.DictReader(io.StringIO(file.read_text(encoding="utf-8")))
    points = {row["image"]: (float(row["x"]), float(row["y"])) for row in rows}
    return MapOfRun(first.name, first.max_images, points)
