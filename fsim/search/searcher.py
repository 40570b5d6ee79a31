"""An index together with the network that embeds its queries: what pictures and words are searched with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from fsim.errors import FsimError
from fsim.search.answers import Answer, SearchOptions, search
from fsim.search.index_folder import find_index, run_of_index
from fsim.search.query import Query, build_queries
from fsim.search.query_embedder import OnnxEmbedder, QueryEmbedder, RunEmbedder
from fsim.search.query_vectors import embed_queries
from fsim.search.search_index import SearchIndex
from fsim.store.run_folder import RunFolder

if TYPE_CHECKING:
    from fsim.images.resize import Box


@dataclass(frozen=True)
class Searcher:
    """An index, and the network that embeds its queries.

    Raises:
        FsimError: the network is not the one that the index was made by.
    """

    index: SearchIndex
    embedder: QueryEmbedder

    def __post_init__(self) -> None:
        self.index.passport.check_comparable(self.embedder.source)

    @classmethod
    def open(cls, path: Path, run: Path | None = None, network: Path | None = None) -> Searcher:
        """Open an index with the network that embeds its queries.

        Args:
            path: RUN/indexes/NAME, or RUN where it has one index.
            run, network: as of `open_embedder`.

        Raises:
            FsimError: the index or the network is missing or damaged, or they do not fit each other.
        """
        index = SearchIndex.open(find_index(path))
        return cls(index, open_embedder(index, run, network))

    def search(
        self,
        images: Sequence[str | Path] = (),
        texts: Sequence[str] = (),
        *,
        text_weight: float | None = None,
        mean: bool = False,
        plus: Sequence[str | Path] = (),
        minus: Sequence[str | Path] = (),
        box: Box | None = None,
        **options: Any,
    ) -> list[list[Answer]]:
        """Search by pictures and words, as `fsim search` does, and return the answers to each query, best first.

        Args:
            images, texts, text_weight, mean, plus, minus, box: as of `build_queries`.
            options: as of `SearchOptions`: k, filters, fold, diversity.

        Raises:
            FsimError: the parts of the query do not go together, a picture can't be used, the network does not read, or
                no image matches the filters.
        """
        files, more, less = ([str(file) for file in some] for some in (images, plus, minus))
        queries = build_queries(files, texts, text_weight, mean, more, less, box)
        for text in {query.text for query in queries if query.text is not None}:
            self.unknown_words(text)  # raises where there are no others
        return self.answer(queries, SearchOptions(**options))

    def unknown_words(self, text: str) -> list[str]:
        """Return the words of a text that the network did not learn, and leaves out.

        Raises:
            FsimError: the network does not read, or knows none of the words.
        """
        if self.embedder.text_embedder is None:
            raise FsimError(self.embedder.text_refusal)
        return self.embedder.text_embedder.unknown_words(text)

    def answer(self, queries: Sequence[Query], options: SearchOptions) -> list[list[Answer]]:
        """Return the answers to each query, best first.

        Args:
            queries: With texts only where the network reads, see `unknown_words`.

        Raises:
            FsimError: a picture can't be used, or no image matches the filters.
        """
        vectors = np.stack(embed_queries(queries, self.embedder, self.index.images))
        return search(self.index, vectors, options)


def open_embedder(index: SearchIndex, run: Path | None = None, network: Path | None = None) -> QueryEmbedder:
    """Load the network that embeds the queries of an index.

    Args:
        run: the run to take it from; None for the one that the index lies in.
        network: what `fsim export RUN --to onnx` wrote, in place of a run; needs no torch.

    Raises:
        FsimError: there is no such run or export.
    """
    if network is not None:
        if run is not None:
            raise FsimError("--run and --network both say what embeds the pictures: leave one out")
        return OnnxEmbedder(network)
    from fsim.evaluation.trained_run import TrainedRun

    folder = RunFolder.open(run or run_of_index(index.path))
    return RunEmbedder(TrainedRun.open(folder, index.passport.embedded_by.checkpoint))
