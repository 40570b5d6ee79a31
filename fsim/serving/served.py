"""One generation of an index with the network that embeds the queries: what a search sees from its begin to its end."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from fsim.interfaces import IntArray
from fsim.search.embedder import Embedder
from fsim.search.passport import COMPARED
from fsim.search.search_index import SearchIndex
from fsim.store.run_folder import RunFolder


@dataclass(frozen=True)
class Served:
    """
    generation  a name that another content of the index does not have
    """

    generation: str
    index: SearchIndex
    embedder: Embedder

    @classmethod
    def open(cls, place: Path, run: Path, generation: str, embedder: Embedder | None = None) -> Served:
        """The index as it is, all of it ready. `embedder` is taken again where it still fits.

        Raises:
            FsimError: the index, the run or its checkpoint is missing or damaged, or they do not fit each other.
        """
        index = SearchIndex.open(place)
        made = index.passport.made
        if embedder is None or any(getattr(made, name) != getattr(embedder.made, name) for name in COMPARED):
            embedder = Embedder(RunFolder.open(run), made.checkpoint)
        index.passport.refuse_other(embedder.made)
        served = cls(generation, index, embedder)
        served.warm()
        return served

    def warm(self) -> None:
        """Make what is made on first use, and let the network and the index answer once."""
        size = self.embedder.trained.recipe.data.image_size
        vectors = self.embedder.embed_pixels([np.zeros((size, size, 3), np.uint8)])
        self.index.search(vectors, 1)
        if self.embedder.reader is not None:
            self.embedder.reader.embed([""])
        _ = (self.index.gallery, self.index.rows, self.index.filters.rows, self.index.images.columns)
        _ = (self.places, self.shuffled)

    @cached_property
    def places(self) -> dict[str, int]:
        """{path of an image: row}"""
        return {path: row for row, path in enumerate(self.index.images.columns["image"])}

    @cached_property
    def shuffled(self) -> IntArray:
        """All rows in an order that mixes the categories, the same each time: to look around in."""
        return np.random.default_rng(0).permutation(len(self.index.images))
