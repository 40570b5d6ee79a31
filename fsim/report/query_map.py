"""The report's map of the queries."""

from __future__ import annotations

import csv
import io

import numpy as np

from fsim.evaluation.embedded_images import embedded_images
from fsim.functional.clusters.principal import compared, principal_plane
from fsim.interfaces import Vectors
from fsim.pages.image_map import image_map
from fsim.pages.page import Section
from fsim.report.evaluated_run import EvaluatedRun

AT_MOST = 5_000  # images: a page of a few MB


def map_section(run: EvaluatedRun) -> Section | None:
    """The queries as points: as the run's first projection placed them after its last epoch, else by their principal
    components; None where the embeddings are not finite."""
    task, recipe = run.result.task, run.recipe
    if not task.query.embedding.isfinite().all():
        return None
    name, at_most = "principal components", AT_MOST
    kept = _kept(run)
    if kept is not None:
        name, at_most, points = kept
    images = embedded_images(run.catalog, run.images, run.result, min(at_most, AT_MOST), recipe.seed)
    if kept is not None and all(image in points for image in images.names):
        plane: Vectors = np.array([points[image] for image in images.names], np.float32)
    else:
        name, plane = "principal components", principal_plane(compared(images.embedding, task.distance))
    of = f" of {len(task.query.names):,}" if len(images.names) < len(task.query.names) else ""
    text = (
        f"{len(images.names):,}{of} queries of {images.split} by {name}: near each other where their embeddings are. "
        f"Point at one to see it; press a category to pick it out."
    )
    return Section("Map", text, map=image_map(plane, images.names, images.categories, images.thumbnails))


def _kept(run: EvaluatedRun) -> tuple[str, int, dict[str, tuple[float, float]]] | None:
    """The first map that the run drew of its last network: the projection, how many images it takes, their places."""
    first = next((one for one in run.recipe.evaluation.projections if one.at_end), None)
    if first is None or run.which != "last":
        return None
    file = run.folder.projections / f"{run.result.protocol.query}-{first.name}.csv"
    if not file.is_file():
        return None
    rows = csv.DictReader(io.StringIO(file.read_text(encoding="utf-8")))
    return first.name, first.max_images, {row["image"]: (float(row["x"]), float(row["y"])) for row in rows}
