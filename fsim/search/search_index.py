"""An index, opened to be searched.

Shape legend: N images, D embedding, Q queries, K answers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np

from fsim.errors import FsimError
from fsim.interfaces import Answers, Index, Vectors
from fsim.kit.files import write_with
from fsim.search.filters import Filters
from fsim.search.gallery import Gallery
from fsim.search.generations import Generations
from fsim.search.indexed_images import IndexedImages
from fsim.search.made_index import make_index
from fsim.search.passport import Passport

EMBEDDING, INDEX = "embedding.npy", "index"
ATTEMPTS = 5  # to open one that is being replaced


@dataclass(frozen=True)
class SearchIndex:
    """Images, their embeddings [N, D], and the component that finds the near ones; none where all are compared."""

    path: Path  # RUN/indexes/<name>
    passport: Passport
    images: IndexedImages
    embedding: Vectors
    index: Index | None
    filters: Filters = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "filters", Filters(self.images))

    @classmethod
    def open(cls, path: Path) -> SearchIndex:
        """Raises:
        FsimError: there is no index, it is damaged, or its package is missing.
        """
        generations = Generations(path)
        for _ in range(ATTEMPTS):
            folder = generations.current()
            if folder is None:
                raise FsimError(f"there is no index {path}; make one: fsim index RUN --images FOLDER")
            try:
                return cls._read(path, folder)
            except FileNotFoundError:  # replaced twice since it was named
                continue
        raise FsimError(f"{path} lacks files: make it anew by --rebuild")

    @classmethod
    def _read(cls, path: Path, folder: Path) -> SearchIndex:
        passport = Passport.read(folder)
        images = IndexedImages.read(folder)
        try:
            embedding = np.load(folder / EMBEDDING, mmap_mode="r", allow_pickle=False)
        except ValueError as error:
            raise FsimError(f"{folder / EMBEDDING} is damaged ({error}): make the index anew by --rebuild") from error
        if embedding.shape != (len(images), passport.made.dimensions):
            raise FsimError(f"{folder} does not hold together: make the index anew by --rebuild")
        index = None
        if passport.kind != "exact":  # which `gallery` is
            index = make_index(passport.kind, passport.parameters)
            index.load(folder / INDEX)
        return cls(path, passport, images, embedding, index)

    def write(self, folder: Path) -> None:
        """Put all into a new folder."""
        self.passport.write(folder)
        self.images.write(folder)
        write_with(folder / EMBEDDING, lambda stream: np.save(stream, self.embedding, allow_pickle=False))
        if self.index is not None:
            self.index.save(folder / INDEX)

    @cached_property
    def rows(self) -> Mapping[str, int]:
        """{id: row}"""
        return {name: row for row, name in enumerate(self.images.frame["id"])}

    @cached_property
    def gallery(self) -> Gallery:
        """All embeddings, to be compared exactly."""
        return Gallery(self.embedding, self.passport.made.distance)

    def search(self, queries: Vectors, k: int, wanted: Mapping[str, Sequence[str]] | None = None) -> Answers:
        """[Q, D] -> rows and scores [Q, K] of the nearest images, nearest first; -1 where there are no more.

        With `wanted` (see `Filters.flags`) among the images that have it, exactly: they are few, and an approximate
        index would look where they are not.

        Raises:
            FsimError: no image has it, or the queries are unfit.
        """
        if not wanted:
            return self.gallery.search(queries, k) if self.index is None else self.index.search(queries, k)
        flags = self.filters.flags(wanted)
        if not flags.any():
            asked = ", ".join(f"{key}={','.join(of)}" for key, of in wanted.items())
            raise FsimError(f"no image has all of {asked}")
        return self.gallery.search(queries, k, flags)
