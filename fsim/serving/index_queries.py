"""Queries to an index, and many of them answered by one forward pass and one search."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from fsim.errors import FsimError
from fsim.interfaces import Vectors
from fsim.search.answers import Answer, SearchOptions, search
from fsim.search.query import Query
from fsim.search.query_vectors import embed_queries
from fsim.serving.loaded_index import LoadedIndex


@dataclass(frozen=True)
class IndexQuery:
    """A query to one index.

    row  of the image of this index that the query is of, which is not among its own answers; None: of no such image
    """

    loaded: LoadedIndex
    query: Query
    options: SearchOptions
    row: int | None = None

    def search_key(self) -> tuple[Any, ...]:
        """Return what is equal for queries that one search can answer."""
        filters = tuple((key, tuple(values)) for key, values in sorted((self.options.filters or {}).items()))
        return id(self.loaded), self.search_options().k, filters, self.options.fold, self.options.diversity

    def search_options(self) -> SearchOptions:
        """Return the options with room for the image that the query is of."""
        return self.options if self.row is None else replace(self.options, k=self.options.k + 1)

    def without_itself(self, answers: list[Answer]) -> list[Answer]:
        """Return k answers, without the image that the query is of."""
        if self.row is None:
            return answers
        own = self.loaded.index.images.columns["id"][self.row]
        return [one for one in answers if one["id"] != own][: self.options.k]


def answer_queries(queries: Sequence[IndexQuery]) -> list[list[Answer] | Exception]:
    """Return the answers in the order of the queries, by one forward pass for each network, and one search for all
    queries that want the same. Where a search fails, its FsimError stands in place of the answers."""
    vectors = _embed(queries)
    groups: dict[tuple[Any, ...], list[int]] = {}
    for number, query in enumerate(queries):
        groups.setdefault(query.search_key(), []).append(number)
    answers: list[list[Answer] | Exception] = [[] for _ in queries]
    for numbers in groups.values():
        first = queries[numbers[0]]
        index, options = first.loaded.index, first.search_options()
        if options.filters and not index.images.matching(options.filters).any():
            continue  # no image matches all filters
        try:
            found = search(index, np.stack([vectors[number] for number in numbers]), options)
        except FsimError as error:
            for number in numbers:
                answers[number] = error
            continue
        for number, of_query in zip(numbers, found, strict=True):
            answers[number] = queries[number].without_itself(of_query)
    return answers


def _embed(queries: Sequence[IndexQuery]) -> dict[int, Vectors]:
    """Number of a query -> its embedding [D]."""
    groups: dict[int, list[int]] = {}
    for number, query in enumerate(queries):
        groups.setdefault(id(query.loaded.embedder), []).append(number)
    vectors: dict[int, Vectors] = {}
    for numbers in groups.values():
        loaded = queries[numbers[0]].loaded
        group = [queries[number].query for number in numbers]
        embedded = embed_queries(group, loaded.embedder, loaded.index.images, batch_size=len(group))
        vectors |= dict(zip(numbers, embedded, strict=True))
    return vectors
