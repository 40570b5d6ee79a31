"""An index in memory with the network that embeds its queries, and its replacement while the server runs."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from fsim.errors import FsimError
from fsim.interfaces import IntArray
from fsim.search.index_folder import CURRENT, IndexFolder
from fsim.search.query_embedder import QueryEmbedder
from fsim.search.search_index import SearchIndex
from fsim.search.searcher import open_embedder

CHECK_SECONDS = 1.0  # between two looks at the disk

log = logging.getLogger("fsim.serving")


@dataclass(frozen=True)
class LoadedIndex:
    """One generation of an index: what a query sees from its start to its end.

    generation  a name that no other content of the index has
    """

    generation: str
    index: SearchIndex
    embedder: QueryEmbedder

    @classmethod
    def load(cls, path: Path, run: Path, generation: str, embedder: QueryEmbedder | None = None) -> LoadedIndex:
        """Open the index as it is now, and prepare all that queries need. `embedder` is used again where it still fits.

        Raises:
            FsimError: the index, the run or its checkpoint is missing or damaged, or they do not fit each other.
        """
        index = SearchIndex.open(path)
        source = index.passport.embedded_by
        if embedder is None or source.differences(embedder.source):
            embedder = open_embedder(index, run)
        index.passport.check_comparable(embedder.source)
        loaded = cls(generation, index, embedder)
        loaded.warm_up()
        return loaded

    def warm_up(self) -> None:
        """Compute what is computed on first use, and let the network and the index answer once."""
        size = self.embedder.source.preparation.size
        vectors = self.embedder.embed_pixels([np.zeros((size, size, 3), np.uint8)])
        self.index.search(vectors, 1)
        if self.embedder.text_embedder is not None:
            self.embedder.text_embedder.embed([""])
        images = self.index.images
        _ = (self.index.gallery, self.index.row_of_id, images.rows_by_value, images.columns, images.row_of_path)
        _ = self.shuffled_rows

    @cached_property
    def shuffled_rows(self) -> IntArray:
        """All rows in an order that mixes the categories, the same each time: to look around in."""
        return np.random.default_rng(0).permutation(len(self.index.images))


class ReloadingIndex:
    """An index that follows what `fsim index` writes: `current` is what is on the disk. Queries in flight end with the
    generation that they started with.

    Args:
        path: RUN/indexes/NAME.
        run: whose network embeds the queries.

    Raises:
        FsimError: it can't be loaded; see `LoadedIndex.load`.
    """

    def __init__(self, path: Path, run: Path) -> None:
        self.path, self.run = path, run
        self._loaded_stamp = self._stamp()
        self.current = LoadedIndex.load(path, run, self._generation())

    @property
    def name(self) -> str:
        """The run and the name of the index, as people see it: `<recipe>/<time>/<name>`."""
        return f"{self.current.index.passport.embedded_by.run_name}/{self.path.name}"

    def refresh(self) -> bool:
        """Load what is on the disk where it changed; return whether it did. An index that can't be loaded is logged,
        and the one in memory stays."""
        stamp = self._stamp()
        if stamp == self._loaded_stamp:
            return False
        self._loaded_stamp = stamp
        try:
            self.current = LoadedIndex.load(self.path, self.run, self._generation(), self.current.embedder)
        except FsimError as error:
            log.error("index not replaced", extra={"fields": {"index": str(self.path), "cause": str(error)}})
            return False
        fields = {"index": str(self.path), "images": len(self.current.index.images)}
        log.info("index replaced", extra={"fields": fields})
        return True

    async def watch(self) -> None:
        """Look at the disk every second until cancelled; load a changed index on another thread."""
        while True:
            await asyncio.sleep(CHECK_SECONDS)
            if self._stamp() != self._loaded_stamp:
                await asyncio.to_thread(self.refresh)

    def _stamp(self) -> tuple[int, int]:
        try:
            found = (self.path / CURRENT).stat()
        except OSError:  # moved away: what is in memory is served on
            return (0, 0)
        return (found.st_mtime_ns, found.st_ino)

    def _generation(self) -> str:
        current = IndexFolder(self.path).current()
        return "" if current is None else f"{current.name}-{self._loaded_stamp[0]}"
