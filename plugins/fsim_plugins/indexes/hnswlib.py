"""Graphs of near neighbours in layers, by the package hnswlib."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import numpy as np
from pydantic import Field

from fsim.errors import FsimError
from fsim.functional.retrieval.index_vectors import checked_embeddings, checked_queries, filled_up
from fsim.interfaces import Answers, Distance, Trial, Vectors
from fsim.kit.saved_index import SavedIndex, open_index, save_index
from fsim_plugins.indexes.required import required

FILE = "index.hnsw"


class Hnswlib:
    """HNSW (Malkov and Yashunin, IEEE TPAMI 42(4), 2020, arXiv 1603.09320) by its authors' package
    (github.com/nmslib/hnswlib). Extra `hnswlib`.

    Args:
        m: neighbours that an embedding is linked with in each layer, 2 or more; the paper finds 5 to 48 sensible, more
            for many dimensions and for high recall. Room grows with it.
        ef_construction: candidates looked at when one is linked in, 1 or more.
        ef: candidates of a search, 1 or more; at least as many as answers are wanted are taken.
        seed: of the layers.
        threads: to build with; with more than one the graph is another each time.

    Raises:
        FsimError: the package is missing; see `Index`.
    """

    def __init__(
        self,
        m: Annotated[int, Field(ge=2, le=1024)] = 16,
        ef_construction: Annotated[int, Field(ge=1)] = 200,
        ef: Annotated[int, Field(ge=1)] = 64,
        seed: int = 0,
        threads: int = 1,
    ) -> None:
        self.package = required("hnswlib", "hnswlib", "hnswlib")
        self.m = m
        self.ef_construction = ef_construction
        self.ef = ef
        self.seed = seed
        self.threads = threads
        self.dimensions = 0

    @staticmethod
    def trials(num_embeddings: int, k: int) -> Sequence[Trial]:
        """Up to as many candidates as there are embeddings."""
        values = [ef for ef in (k * 2**step for step in range(12)) if ef < 2 * num_embeddings]
        return [Trial({"m": m, "ef_construction": made}, "ef", values) for m, made in ((16, 200), (32, 200), (8, 100))]

    def build(self, embeddings: Vectors, distance: Distance) -> None:
        vectors = checked_embeddings(embeddings)
        self._empty(vectors.shape[1], distance)
        self.index.init_index(len(vectors), self.m, self.ef_construction, self.seed % 2**31)
        self.index.add_items(vectors, np.arange(len(vectors)), num_threads=self.threads)

    def search(self, queries: Vectors, k: int) -> Answers:
        vectors = checked_queries(queries, k, self.dimensions)
        wanted = min(k, self.index.get_current_count())
        self.index.set_ef(max(self.ef, k))
        found = self._ask(vectors, wanted)
        ids, far = found if found is not None else self._one_by_one(vectors, wanted)
        scores = 1 - far if self.distance == "cosine" else -far / 2  # of a squared distance
        return filled_up(ids, scores, k)

    def save(self, folder: Path) -> None:
        saved = SavedIndex("hnswlib", self.distance, self.index.get_current_count(), self.dimensions)
        save_index(folder, saved, FILE, lambda file: self.index.save_index(str(file)))

    def load(self, folder: Path) -> None:
        saved = open_index(folder, "hnswlib", FILE)
        self._empty(saved.dimensions, saved.distance)
        try:
            self.index.load_index(str(Path(folder) / FILE))
        except RuntimeError as error:
            raise FsimError(f"{folder} holds no index of hnswlib ({error}): build and save it anew") from error

    def _empty(self, dimensions: int, distance: Distance) -> None:
        self.index = self.package.Index("cosine" if distance == "cosine" else "l2", dimensions)
        self.dimensions, self.distance = dimensions, distance

    def _ask(self, vectors: Vectors, k: int) -> tuple[Any, Any] | None:
        """Ids and distances [Q, K]; None where the graph leads some query to fewer, which the package refuses."""
        try:
            ids, far = self.index.knn_query(vectors, k, num_threads=1)
        except RuntimeError:
            return None
        return ids.astype(np.int64), far

    def _one_by_one(self, vectors: Vectors, k: int) -> tuple[Any, Any]:
        """As many as each query is led to; the rest is -1."""
        ids, far = np.full((len(vectors), k), -1), np.zeros((len(vectors), k), np.float32)
        for row in range(len(vectors)):
            low, high = 0, k  # so many are found, and so many may be
            while low < high:
                middle = (low + high + 1) // 2
                found = self._ask(vectors[row : row + 1], middle)
                if found is None:
                    high = middle - 1
                else:
                    low = middle
                    ids[row, :low], far[row, :low] = found[0][0], found[1][0]
        return ids, far
