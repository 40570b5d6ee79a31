"""Forests of random projections."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import annoy
import numpy as np
from pydantic import Field

from fsim.errors import FsimError
from fsim.functional.retrieval.index_vectors import checked_embeddings, checked_queries, filled_up
from fsim.interfaces import Answers, Distance, Trial, Vectors
from fsim.kit.saved_index import SavedIndex, open_index, save_index

FILE = "index.ann"


class Annoy:
    """ANNOY (Bernhardsson, github.com/spotify/annoy): trees that halve the embeddings again and again by planes between
    two random ones; a search looks through the leaves next to the query in all trees.

    The saved file is mapped into memory, so that a large index loads at once and processes share it.

    Args:
        trees: number of trees, 1 or more; more find more, and take more room and time to build.
        search_k: nodes to look at for a query, 1 or more; None is ANNOY's own, answers x trees.
        seed: of the planes.
        threads: to build with; with more than one the trees come in another order each time.

    Raises:
        FsimError: see `Index`.
    """

    def __init__(
        self,
        trees: Annotated[int, Field(ge=1)] = 50,
        search_k: Annotated[int, Field(ge=1)] | None = None,
        seed: int = 0,
        threads: int = 1,
    ) -> None:
        self.trees = trees
        self.search_k = search_k
        self.seed = seed
        self.threads = threads
        self.dimensions = 0

    @staticmethod
    def trials(num_embeddings: int, k: int) -> Sequence[Trial]:
        """Up to as many nodes as the trees have."""
        return [
            Trial(
                {"trees": trees},
                "search_k",
                [k * trees * 2**step for step in range(12) if k * 2**step < 2 * num_embeddings],
            )
            for trees in (100, 50, 25, 10, 200)
        ]

    def build(self, embeddings: Vectors, distance: Distance) -> None:
        vectors = checked_embeddings(embeddings)
        self._empty(vectors.shape[1], distance)
        self.index.set_seed(self.seed % 2**31)
        for row, vector in enumerate(vectors):
            self.index.add_item(row, vector.tolist())
        self.index.build(self.trees, n_jobs=self.threads)

    def search(self, queries: Vectors, k: int) -> Answers:
        vectors = checked_queries(queries, k, self.dimensions)
        ids, scores = np.full((len(vectors), k), -1), np.zeros((len(vectors), k), np.float32)  # [Q, K]
        for row, vector in enumerate(vectors):
            found, far = self.index.get_nns_by_vector(vector.tolist(), k, self.search_k or -1, include_distances=True)
            ids[row, : len(found)], scores[row, : len(found)] = found, far
        # its angular distance is the length of the chord, sqrt(2 - 2 cos)
        return filled_up(ids, float(self.distance == "cosine") - scores**2 / 2, k)

    def save(self, folder: Path) -> None:
        saved = SavedIndex("annoy", self.distance, self.index.get_n_items(), self.dimensions)
        save_index(folder, saved, FILE, lambda file: self.index.save(str(file)))

    def load(self, folder: Path) -> None:
        saved = open_index(folder, "annoy", FILE)
        self._empty(saved.dimensions, saved.distance)
        try:
            self.index.load(str(Path(folder) / FILE))
        except OSError as error:
            raise FsimError(f"{folder} holds no index of annoy ({error}): build and save it anew") from error

    def _empty(self, dimensions: int, distance: Distance) -> None:
        self.index = annoy.AnnoyIndex(dimensions, "angular" if distance == "cosine" else "euclidean")
        self.dimensions, self.distance = dimensions, distance
