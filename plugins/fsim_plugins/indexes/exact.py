"""The index that looks at every embedding."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from fsim.errors import FsimError
from fsim.functional.retrieval.index_vectors import checked_embeddings, checked_queries
from fsim.functional.retrieval.topk import topk
from fsim.interfaces import Answers, Distance, Vectors
from fsim.kit.saved_index import SavedIndex, open_index, save_index

FILE = "embeddings.npy"


class Exact:
    """Exact search by matrix products, the reference for the others. Equal scores rank by id.

    It suits some ten thousand images, and queries that come in numbers: each search prepares all embeddings anew. Its
    products run on as many threads as torch is set to.

    Raises:
        FsimError: see `Index`.
    """

    def __init__(self) -> None:
        self.embeddings = np.empty((0, 0), np.float32)

    def build(self, embeddings: Vectors, distance: Distance) -> None:
        self.embeddings, self.distance = checked_embeddings(embeddings).copy(), distance

    def search(self, queries: Vectors, k: int) -> Answers:
        vectors = checked_queries(queries, k, self.embeddings.shape[1])
        found = topk(torch.tensor(vectors), torch.from_numpy(self.embeddings), k, self.distance)
        return Answers(found.index.numpy(), found.score.numpy())

    def save(self, folder: Path) -> None:
        saved = SavedIndex("exact", self.distance, *self.embeddings.shape)
        save_index(folder, saved, FILE, lambda file: np.save(file, self.embeddings, allow_pickle=False))

    def load(self, folder: Path) -> None:
        saved = open_index(folder, "exact", FILE)
        try:
            embeddings = checked_embeddings(np.load(Path(folder) / FILE, allow_pickle=False))
        except (OSError, ValueError) as error:
            raise FsimError(f"{folder} holds no index of exact ({error}): build and save it anew") from error
        self.embeddings, self.distance = embeddings, saved.distance
