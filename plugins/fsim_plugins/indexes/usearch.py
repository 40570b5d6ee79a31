"""Graphs of near neighbours in layers, by the package usearch."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import numpy as np
from pydantic import Field

from fsim.errors import FsimError
from fsim.functional.retrieval.index_vectors import checked_embeddings, checked_queries, filled_up, unit_length
from fsim.interfaces import Answers, Distance, Trial, Vectors
from fsim.kit.saved_index import SavedIndex, open_index, save_index
from fsim_plugins.indexes.required import required

FILE = "index.usearch"


class Usearch:
    """HNSW (Malkov and Yashunin, IEEE TPAMI 42(4), 2020, arXiv 1603.09320) by USearch (github.com/unum-cloud/usearch),
    vectors kept as float32. Extra `usearch`. The package takes no seed: one thread builds the same graph each time.

    Args:
        connectivity: neighbours that an embedding is linked with in each layer, 2 or more; called M in the paper.
        expansion_add: candidates looked at when one is linked in, 1 or more; efConstruction in the paper.
        expansion: candidates of a search, 1 or more; at least as many as answers are wanted are taken. ef in the paper.
        threads: to build with; with more than one the graph is another each time.

    Raises:
        FsimError: the package is missing; see `Index`.
    """

    def __init__(
        self,
        connectivity: Annotated[int, Field(ge=2, le=1024)] = 16,
        expansion_add: Annotated[int, Field(ge=1)] = 128,
        expansion: Annotated[int, Field(ge=1)] = 64,
        threads: int = 1,
    ) -> None:
        self.package = required("usearch.index", "usearch", "usearch")
        self.connectivity = connectivity
        self.expansion_add = expansion_add
        self.expansion = expansion
        self.threads = threads
        self.dimensions = 0

    @staticmethod
    def trials(num_embeddings: int, k: int) -> Sequence[Trial]:
        """Up to as many candidates as there are embeddings."""
        values = [expansion for expansion in (k * 2**step for step in range(12)) if expansion < 2 * num_embeddings]
        return [
            Trial({"connectivity": links, "expansion_add": made}, "expansion", values)
            for links, made in ((16, 128), (32, 256), (8, 128))
        ]

    def build(self, embeddings: Vectors, distance: Distance) -> None:
        vectors = checked_embeddings(embeddings)
        self.index = self.package.Index(
            ndim=vectors.shape[1],
            metric="ip" if distance == "cosine" else "l2sq",
            dtype="f32",
            connectivity=self.connectivity,
            expansion_add=self.expansion_add,
        )
        self.dimensions, self.distance = vectors.shape[1], distance
        self.index.add(np.arange(len(vectors), dtype=np.uint64), self._as_kept(vectors), threads=self.threads)

    def search(self, queries: Vectors, k: int) -> Answers:
        vectors = checked_queries(queries, k, self.dimensions)
        ids, scores = np.full((len(vectors), k), -1), np.zeros((len(vectors), k), np.float32)
        if not len(vectors):
            return filled_up(ids, scores, k)
        wanted = min(k, len(self.index))
        self.index.expansion_search = max(self.expansion, k)
        found = self.index.search(self._as_kept(vectors), wanted, threads=1)
        keys, far = np.atleast_2d(found.keys), np.atleast_2d(found.distances)  # of a single query, [K]
        counts = np.reshape(getattr(found, "counts", keys.shape[1]), (-1, 1))
        places = np.arange(keys.shape[1]) < counts  # [Q, K] beyond them is what the memory held
        ids[:, : keys.shape[1]][places] = keys[places]
        scores[:, : keys.shape[1]][places] = far[places]
        return filled_up(ids, 1 - scores if self.distance == "cosine" else -scores / 2, k)

    def save(self, folder: Path) -> None:
        saved = SavedIndex("usearch", self.distance, len(self.index), self.dimensions)
        save_index(folder, saved, FILE, lambda file: self.index.save(str(file)))

    def load(self, folder: Path) -> None:
        saved = open_index(folder, "usearch", FILE)
        try:
            index = self.package.Index.restore(str(Path(folder) / FILE))
        except (RuntimeError, ValueError) as error:
            raise FsimError(f"{folder} holds no index of usearch ({error}): build and save it anew") from error
        if index is None or (len(index), index.ndim) != (saved.num_embeddings, saved.dimensions):
            raise FsimError(f"{folder} holds no index of usearch: build and save it anew")
        self.index, self.dimensions, self.distance = index, saved.dimensions, saved.distance

    def _as_kept(self, vectors: Vectors) -> Vectors:
        """Of length one for cosine: its own would measure every length again at each comparison."""
        return unit_length(vectors) if self.distance == "cosine" else vectors
