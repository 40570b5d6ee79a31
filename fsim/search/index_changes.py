"""Indexes of a run, made and changed: images added to one, taken out of it, or all embedded again."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np

from fsim.errors import FsimError
from fsim.evaluation.trained_run import TrainedRun
from fsim.interfaces import Catalog, Vectors
from fsim.runtime.display import Display
from fsim.runtime.processes import ALONE, Processes
from fsim.search.index_builder import IndexKind, build_index, embed_catalog
from fsim.search.index_catalog import (
    catalog_of_index,
    catalog_of_run,
    catalog_of_source,
    only_new,
    only_splits,
    rows_named,
)
from fsim.search.index_folder import DEFAULT_NAME, IndexFolder, index_names, index_path
from fsim.search.indexed_images import NO_IMAGES, IndexedImages
from fsim.search.passport import Passport
from fsim.search.query_embedder import RunEmbedder
from fsim.search.search_index import SearchIndex, make_index
from fsim.store.run_folder import RunFolder

RECALL = 0.95  # that parameters are tuned to
MAX_WARNINGS = 20  # of images that are left out

Action = Literal["make", "add", "remove", "rebuild"]


@dataclass(frozen=True)
class IndexRequest:
    """What index of a run to make, or how to change it.

    action      make: an index that is not there yet; add: the images that it lacks; remove: the images of `remove`;
                rebuild: embed all again by the run as it is now
    name        RUN/indexes/NAME
    images      a folder, a table, a recipe or the name of a dataset; None: the run's own dataset, or, to rebuild, the
                images of the index
    dataset     the dataset that reads `images`; None: it is guessed
    split       only images of this split: `val`, or `val+test`
    remove      ids or paths of images
    kind        name of the component that finds neighbours; None: as before, or `exact`
    parameters  of that component; none: as before, or tuned to `recall`
    recall      0 to 1; None: 0.95
    checkpoint  of the run; None: as before, or the best

    Raises:
        FsimError: the recall or the name is none.
    """

    action: Action = "make"
    name: str = DEFAULT_NAME
    images: str | None = None
    dataset: str | None = None
    split: str | None = None
    remove: Sequence[str] = ()
    kind: str | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    recall: float | None = None
    checkpoint: str | None = None

    def __post_init__(self) -> None:
        if self.recall is not None and not 0 < self.recall <= 1:
            raise FsimError(f"--recall {self.recall:g}: give more than 0, up to 1")
        if not self.name.replace("-", "").replace("_", "").isalnum():
            raise FsimError(f"--name {self.name}: use letters, digits, - and _")


def write_index(
    run: RunFolder,
    request: IndexRequest,
    display: Display,
    processes: Processes = ALONE,
    trained: TrainedRun | None = None,
) -> SearchIndex | None:
    """Make or change an index of a run, and write it; None in all processes but the first.

    Args:
        trained: the run, reopened; None: it is reopened at the checkpoint of the request.

    Raises:
        FsimError: it is there already, or is not there, or does not fit the run; no image can be used.
        WriteError: a full disk, say. The index is as before.
    """
    folder = IndexFolder(index_path(run.path, request.name))
    with folder.locked() if processes.is_rank0 else nullcontext():
        index = _changed_index(run, request, display, processes, trained)
        if index is not None:
            folder.replace(index.write)
    return index


def read_passports(run: Path) -> dict[Path, Passport]:
    """Return the passports of a run's indexes, by the path of the index.

    Raises:
        FsimError: one is damaged.
    """
    paths = [index_path(run, name) for name in index_names(run)]
    generations = {path: IndexFolder(path).current() for path in paths}
    return {path: Passport.read(folder) for path, folder in generations.items() if folder is not None}


def _changed_index(
    run: RunFolder, request: IndexRequest, display: Display, processes: Processes, trained: TrainedRun | None
) -> SearchIndex | None:
    """The index as it is wanted, not written yet; None in all processes but the first."""
    path = index_path(run.path, request.name)
    before = _index_before(run, request, path)
    kept = before is not None and request.action != "rebuild"  # embeddings of before stay: the network must be the same
    if trained is None:
        checkpoint = before.passport.embedded_by.checkpoint if before and kept else None
        trained = TrainedRun.open(run, request.checkpoint or checkpoint)
    source = RunEmbedder(trained).source
    if before is not None and kept:
        before.passport.check_comparable(source)
    kind = _kind(request, before)
    if before is not None and request.action == "remove":
        images, embedding = _without(before, request.remove)
        name = before.passport.source
    else:
        catalog, name = _catalog(run, request, before)
        old_images = before.images if before and kept else NO_IMAGES
        embedded = embed_catalog(old_images, catalog, trained, processes, display.bar)
        if embedded is None:
            return None
        for image, cause in list(embedded.damaged.items())[:MAX_WARNINGS]:
            display.warn(f"left out {image}: {cause}")
        images, embedding = embedded.images, embedded.embedding
        if before is not None and kept:
            embedding = np.concatenate([before.embedding, embedding])
            name = f"{before.passport.source}; {name}"
        elif before is not None:
            images = images.with_ids_of(before.images)
    if not processes.is_rank0:
        return None
    return build_index(path, images, embedding, source, kind, name, display.say)


def _index_before(run: RunFolder, request: IndexRequest, path: Path) -> SearchIndex | None:
    """The index to change; None where a new one is to be made."""
    exists = IndexFolder(path).current() is not None
    if request.action == "make":
        if exists:
            raise FsimError(f"{path} is there already: --add to it, --rebuild it, or make another by --name")
        return None
    if not exists:
        raise FsimError(f"there is no index {path}; make it: fsim index {run.path} --images SOURCE")
    return SearchIndex.open(path)


def _without(before: SearchIndex, names: Sequence[str]) -> tuple[IndexedImages, Vectors]:
    """The images and embeddings of an index but those that are named."""
    kept = np.setdiff1d(np.arange(len(before.images)), rows_named(before, names))
    if not len(kept):
        raise FsimError(f"nothing would be left of {before.path}: remove its folder, if that is what you want")
    return before.images.take(kept), np.ascontiguousarray(before.embedding[kept])


def _catalog(run: RunFolder, request: IndexRequest, before: SearchIndex | None) -> tuple[Catalog, str]:
    """The images to embed, and what they are called."""
    if request.images is not None:
        catalog, source = catalog_of_source(request.images, request.dataset), request.images
    elif before is not None and request.action == "rebuild":
        catalog, source = catalog_of_index(before.images, run.path), before.passport.source
    else:
        catalog, source = catalog_of_run(run)
    if request.split is not None:
        catalog, source = only_splits(catalog, request.split, source), f"{source} ({request.split})"
    if before is not None and request.action == "add":
        catalog = only_new(catalog, before)
    return catalog, source


def _kind(request: IndexRequest, before: SearchIndex | None) -> IndexKind:
    """The component that is wanted; as before where the request says nothing else."""
    passport = None if before is None else before.passport
    name = request.kind or (passport.kind if passport else "exact")
    parameters = request.parameters
    if passport and name == passport.kind and not parameters and request.recall is None:
        parameters = passport.parameters
    make_index(name, parameters)  # raises now, and not after the images are embedded
    return IndexKind(name, parameters, request.recall or RECALL, os.cpu_count() or 1)
