"""An index, opened to be searched. Nothing here imports torch.

Shape legend: N images, D embedding, Q queries, K answers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from fsim.errors import FsimError
from fsim.interfaces import Answers, Index, Vectors
from fsim.kit.files import write_with
from fsim.plugin.build import build
from fsim.search.exact_gallery import ExactGallery
from fsim.search.index_folder import IndexFolder
from fsim.search.indexed_images import IndexedImages
from fsim.search.passport import Passport

EMBEDDING_FILE, COMPONENT_FOLDER = "embedding.npy", "index"
ATTEMPTS = 5  # to open an index that is being replaced


def make_index(name: str, parameters: Mapping[str, Any], threads: int = 1, seed: int = 0) -> Index:
    """Return an index component of that name, not yet built.

    Raises:
        FsimError: there is none, its package is missing, or it refuses the parameters.
    """
    component: Index = build("index", name, parameters, seed=seed, threads=threads)
    return component


@dataclass(frozen=True)
class SearchIndex:
    """Images, their embeddings, and what finds neighbours among these.

    path       RUN/indexes/NAME
    embedding  [N, D]
    component  None where the index is exact: then `gallery` compares a query with all embeddings
    """

    path: Path
    passport: Passport
    images: IndexedImages
    embedding: Vectors
    component: Index | None

    @classmethod
    def open(cls, path: Path) -> SearchIndex:
        """Open an index for searches.

        Raises:
            FsimError: there is no index, it is damaged, or its package is missing.
        """
        for _ in range(ATTEMPTS):
            generation = IndexFolder(path).current()
            if generation is None:
                raise FsimError(f"there is no index {path}; make one: fsim index RUN --images FOLDER")
            try:
                return cls._read(path, generation)
            except FileNotFoundError:  # replaced twice since `current` was read
                continue
        raise FsimError(f"{path} lacks files: make it again by --rebuild")

    @classmethod
    def _read(cls, path: Path, generation: Path) -> SearchIndex:
        passport = Passport.read(generation)
        images = IndexedImages.read(generation)
        file = generation / EMBEDDING_FILE
        try:
            embedding = np.load(file, mmap_mode="r", allow_pickle=False)
        except ValueError as error:
            raise FsimError(f"{file} is damaged ({error}): make the index again by --rebuild") from error
        if embedding.shape != (len(images), passport.embedded_by.dimensions):
            raise FsimError(f"{generation} does not hold together: make the index again by --rebuild")
        component = None
        if passport.kind != "exact":
            component = make_index(passport.kind, passport.parameters)
            component.load(generation / COMPONENT_FOLDER)
        return cls(path, passport, images, embedding, component)

    def write(self, folder: Path) -> None:
        """Write the index into a new folder."""
        self.passport.write(folder)
        self.images.write(folder)
        write_with(folder / EMBEDDING_FILE, lambda stream: np.save(stream, self.embedding, allow_pickle=False))
        if self.component is not None:
            self.component.save(folder / COMPONENT_FOLDER)

    @cached_property
    def row_of_id(self) -> Mapping[str, int]:
        """Id of an image -> its row."""
        return {name: row for row, name in enumerate(self.images.columns["id"])}

    @cached_property
    def gallery(self) -> ExactGallery:
        """All embeddings, to be compared exactly."""
        return ExactGallery(self.embedding, self.passport.embedded_by.distance)

    def search(self, queries: Vectors, k: int, filters: Mapping[str, Sequence[str]] | None = None) -> Answers:
        """Find the images nearest to each query [Q, D] -> rows and scores [Q, K], nearest first; -1 where there are no
        more.

        Args:
            filters: Only images that match are found (see `IndexedImages.matching`): by a component that filters by
                itself, or by comparing the queries with all of them. They are few, and an approximate index would look
                where they are not.

        Raises:
            FsimError: no image matches, or the queries are unfit.
        """
        if not filters:
            return self.gallery.search(queries, k) if self.component is None else self.component.search(queries, k)
        flags = self.images.matching(filters)
        if not flags.any():
            wanted = ", ".join(f"{key}={','.join(values)}" for key, values in filters.items())
            raise FsimError(f"no image has all of {wanted}")
        found = None if self.component is None else self.component.search_among(queries, k, np.flatnonzero(flags))
        return self.gallery.search(queries, k, flags) if found is None else found
