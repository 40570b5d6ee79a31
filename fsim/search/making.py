"""Make an index of images, add to it, take from it, and make it anew."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import numpy as np

from fsim import __version__
from fsim.errors import FsimError, nearest
from fsim.functional.labels.catalog_table import attributes_of
from fsim.functional.text.captions import caption_value, captions_of_text
from fsim.interfaces import Catalog, IntArray, Vectors
from fsim.kit.picture_files import picture_files
from fsim.pages.page import thumbnail_bytes
from fsim.search.embedder import Embedder
from fsim.search.index_tuning import Questions, choose, curves
from fsim.search.indexed_images import IndexedImages
from fsim.search.made_index import make_index
from fsim.search.passport import Passport
from fsim.search.search_index import SearchIndex

K, QUERIES, SEED = 10, 1_000, 0  # of the recall that stands in the passport
THUMBNAIL = 256  # pixels
Say = Callable[[str], None]
Progress = Callable[[str, int, int], None]  # what is done, how many, of how many


@dataclass(frozen=True)
class Kind:
    """How an index finds.

    recall  where no parameters are given: they are tuned to it, if the component can be tuned
    """

    name: str
    parameters: Mapping[str, Any]
    recall: float
    threads: int


@dataclass(frozen=True)
class Embedded:
    """Images that can be used, their embeddings [N, D], and how many could not."""

    images: IndexedImages
    embedding: Vectors
    damaged: Mapping[str, str]


def embed_catalog(before: IndexedImages, catalog: Catalog, embedder: Embedder, progress: Progress) -> Embedded | None:
    """Embed a catalog's images, by all processes, and put them behind those of before; None in all but rank 0."""
    opened = embedder.open_images(catalog, lambda done, of: progress("decode images", done, of))
    shared = embedder.shared(opened, lambda done, of: progress("embed", done, of))
    if not embedder.processes.is_rank0:
        shared.follow(embedder.network)
        return None
    rows = np.flatnonzero(opened.usable)
    if not len(rows):
        cause = next(iter(opened.damaged.values()), "there are none")
        raise FsimError(f"none of the {len(catalog.frame)} images can be used ({cause}); name others by --images")
    embedding: Vectors = shared(embedder.network, rows, ("embedding",))["embedding"].numpy()
    shared.release()
    pictures = []
    for done, row in enumerate(rows, 1):
        pictures.append(thumbnail_bytes(catalog, int(row), THUMBNAIL))
        progress("thumbnails", done, len(rows))
    frame = catalog.frame.iloc[rows].reset_index(drop=True)
    frame = frame.assign(image=[_place(catalog, name) for name in frame["image"]])
    return Embedded(before.with_more(frame, pictures), embedding, opened.damaged)


def new_index(
    path: Path, images: IndexedImages, embedding: Vectors, embedder: Embedder, kind: Kind, source: str, say: Say
) -> SearchIndex:
    """Build what finds them; it is not written yet.

    Raises:
        FsimError: the embeddings are not finite, or the component refuses them or its parameters.
    """
    if not np.isfinite(embedding).all():
        raise FsimError("the network gives embeddings that are not finite: train it with a lower train.optimizer.lr")
    distance = embedder.distance
    parameters, k = dict(kind.parameters), min(K, len(images) - 1)
    questions = Questions(embedding, distance, k, QUERIES, SEED) if k else None
    if not parameters and questions is not None and kind.name != "exact":
        parameters = _tuned(kind, questions, say)
    index = make_index(kind.name, parameters, kind.threads, SEED)
    index.build(embedding, distance)
    recall = None if questions is None else questions.recall(index.search(questions.queries, k + 1).ids)
    passport = Passport(
        made=embedder.made,
        kind=kind.name,
        parameters=parameters,
        num_images=len(images),
        source=source,
        made_at=datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
        recall=recall,
        k=k,
        fsim=__version__,
    )
    return SearchIndex(path, passport, images, embedding, None if kind.name == "exact" else index)


def _tuned(kind: Kind, questions: Questions, say: Say) -> dict[str, Any]:
    """The parameters that reach the recall at the least query time."""
    measured = curves(kind.name, questions, kind.recall, kind.threads, SEED, lambda done, of: None)
    chosen = choose(measured, kind.recall) or max(measured, key=lambda one: one.recall)
    say(
        f"tuned: {kind.name} {dict(chosen.parameters)}, recall@{questions.k} {chosen.recall:.4f}, "
        f"{chosen.queries_per_second:,.0f} queries/s on one core"
    )
    return dict(chosen.parameters)


def without(opened: SearchIndex, rows: IntArray) -> tuple[IndexedImages, Vectors]:
    """An index's images and embeddings but for some rows.

    Raises:
        FsimError: none would be left.
    """
    kept = np.setdiff1d(np.arange(len(opened.images)), rows)
    if not len(kept):
        raise FsimError(f"nothing would be left of {opened.path}: remove its folder, if that is what you want")
    return opened.images.take(kept), np.ascontiguousarray(opened.embedding[kept])


def rows_of(opened: SearchIndex, names: Sequence[str]) -> IntArray:
    """The rows of images by their ids, or the paths of their files.

    Raises:
        FsimError: one is not there.
    """
    places = {name: row for row, name in enumerate(opened.images.frame["image"])}
    found = []
    for name in names:
        row = opened.rows.get(name, places.get(name, places.get(str(Path(name).absolute()))))
        if row is None:
            raise FsimError(f"{opened.path} has no image '{name}'{nearest(name, places)}; give an id or a path of it")
        found.append(row)
    return np.asarray(found, dtype=np.int64)


def only_new(opened: SearchIndex, catalog: Catalog) -> Catalog:
    """The images of a catalog that an index does not have, by the path of their file."""
    there = set(opened.images.frame["image"])
    names = [_place(catalog, name) for name in catalog.frame["image"]]
    return catalog.take(np.flatnonzero([name not in there for name in names]))


def loose_pictures(folder: Path) -> Catalog | None:
    """All pictures of a folder in which some lie directly, with no split that means anything, and the folder that each
    lies in as its category; None where it is another folder, or none."""
    if not folder.is_dir() or (folder / "metadata.csv").is_file():
        return None
    root = folder.absolute()
    images = picture_files(root, root)
    if all(len(Path(image).parts) > 1 for image in images):
        return None
    categories = [Path(image).parts[-2] if len(Path(image).parts) > 1 else "" for image in images]
    return Catalog.of({"image": images, "split": ["gallery"] * len(images), "category": categories}, root)


def _place(catalog: Catalog, image: str) -> str:
    """The absolute path of an image; its name where it has no file."""
    return image if catalog.pixels is not None else str((catalog.root / image).absolute())


def catalog_of(images: IndexedImages, root: Path) -> Catalog:
    """The catalog of an index's images, to embed them anew.

    Raises:
        FsimError: they are no files.
    """
    frame = images.frame
    missing = [name for name in frame["image"] if not Path(name).is_file()]
    if missing:
        raise FsimError(
            f"{len(missing)} of {len(frame)} images are no files any more (first: {missing[0]}): take them out by "
            f"--remove, or make the index of other images by --rebuild --images SOURCE"
        )
    columns: dict[str, Any] = {name: frame[name].tolist() for name in ("image", "split", "category", "item")}
    columns["box"] = [tuple(map(float, text.split())) if text else None for text in frame["box"]]
    columns["attributes"] = [attributes_of(text) for text in frame["attributes"]]
    columns["caption"] = [caption_value(captions_of_text(text)) for text in frame["caption"]]
    return Catalog.of(columns, root)
