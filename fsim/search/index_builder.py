"""An index built of embedded images: its component tuned, built and measured, and its passport.

Shape legend: N images, D embedding.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import numpy as np

from fsim import __version__
from fsim.errors import FsimError
from fsim.evaluation.trained_run import TrainedRun
from fsim.interfaces import Catalog, Vectors
from fsim.pages.page import thumbnail_bytes
from fsim.runtime.processes import Processes
from fsim.search.index_catalog import path_of_image
from fsim.search.index_tuning import choose_fastest, measure_index
from fsim.search.indexed_images import IndexedImages
from fsim.search.passport import EmbeddingSource, Passport
from fsim.search.sample_queries import SampleQueries
from fsim.search.search_index import SearchIndex, make_index

K, NUM_QUERIES, SEED = 10, 1_000, 0  # of the recall that stands in the passport
THUMBNAIL = 256  # pixels
Progress = Callable[[str, int, int], None]  # what is done, how many, of how many


@dataclass(frozen=True)
class IndexKind:
    """Which component finds neighbours, and how it is built.

    parameters  none: they are tuned to `recall`, where the component can be tuned
    """

    name: str
    parameters: Mapping[str, Any]
    recall: float
    threads: int


@dataclass(frozen=True)
class EmbeddedCatalog:
    """The images of a catalog that can be used, their embeddings [N, D], and the cause for each that can't."""

    images: IndexedImages
    embedding: Vectors
    damaged: Mapping[str, str]


def embed_catalog(
    before: IndexedImages, catalog: Catalog, trained: TrainedRun, processes: Processes, progress: Progress
) -> EmbeddedCatalog | None:
    """Embed the images of a catalog by all processes, and append them to the images of `before`. None in all processes
    but the first.

    Raises:
        FsimError: no image can be used.
    """
    with processes.rank0_first():  # the others read what rank 0 decoded
        opened = trained.open_images(catalog, lambda done, total: progress("decode images", done, total))
    parallel = trained.embedder(opened, processes, lambda done, total: progress("embed", done, total))
    if not processes.is_rank0:
        parallel.follow(trained.network)
        return None
    rows = np.flatnonzero(opened.usable)
    if not len(rows):
        cause = next(iter(opened.damaged.values()), "there are none")
        raise FsimError(f"none of the {len(catalog.frame)} images can be used ({cause}); name others by --images")
    embedding: Vectors = parallel(trained.network, rows, ("embedding",))["embedding"].numpy()
    parallel.release()
    thumbnails = []
    for done, row in enumerate(rows, 1):
        thumbnails.append(thumbnail_bytes(catalog, int(row), THUMBNAIL))
        progress("thumbnails", done, len(rows))
    frame = catalog.frame.iloc[rows].reset_index(drop=True)
    frame = frame.assign(image=[path_of_image(catalog, name) for name in frame["image"]])
    return EmbeddedCatalog(before.with_more(frame, thumbnails), embedding, opened.damaged)


def build_index(
    path: Path,
    images: IndexedImages,
    embedding: Vectors,
    embedded_by: EmbeddingSource,
    kind: IndexKind,
    source: str,
    say: Callable[[str], None],
) -> SearchIndex:
    """Build an index of images and their embeddings [N, D], without writing it.

    Args:
        path: where it will lie.
        source: what the images are called in the passport.
        say: called with the parameters that were tuned.

    Raises:
        FsimError: the embeddings are not finite, or the component refuses them or its parameters.
    """
    if not np.isfinite(embedding).all():
        raise FsimError("the network gives embeddings that are not finite: train it with a lower train.optimizer.lr")
    distance = embedded_by.distance
    parameters, k = dict(kind.parameters), min(K, len(images) - 1)
    queries = SampleQueries(embedding, distance, k, NUM_QUERIES, SEED) if k else None
    if not parameters and queries is not None and kind.name != "exact":
        parameters = _tuned_parameters(kind, queries, say)
    component = make_index(kind.name, parameters, kind.threads, SEED)
    component.build(embedding, distance)
    passport = Passport(
        embedded_by=embedded_by,
        kind=kind.name,
        parameters=parameters,
        num_images=len(images),
        source=source,
        made_at=datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
        recall=None if queries is None else queries.recall(component.search(queries.queries, k + 1).ids),
        k=k,
        fsim=__version__,
    )
    return SearchIndex(path, passport, images, embedding, None if kind.name == "exact" else component)


def _tuned_parameters(kind: IndexKind, queries: SampleQueries, say: Callable[[str], None]) -> dict[str, Any]:
    """The parameters that reach the recall at the least query time."""
    measured = measure_index(kind.name, queries, kind.recall, kind.threads, SEED, lambda done, total: None)
    chosen = choose_fastest(measured, kind.recall) or max(measured, key=lambda one: one.recall)
    say(
        f"tuned: {kind.name} {dict(chosen.parameters)}, recall@{queries.k} {chosen.recall:.4f}, "
        f"{chosen.queries_per_second:,.0f} queries/s on one core"
    )
    return dict(chosen.parameters)
