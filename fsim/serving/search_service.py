"""What the routes call: searches, comparisons and votes, with a limit of how many go on at the same time."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import AsyncIterator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from datetime import datetime, timezone

from fsim.errors import FsimError
from fsim.search.answers import Answer
from fsim.serving.batcher import Batcher
from fsim.serving.comparisons import ComparedSide, Comparison, Comparisons, Vote, VoteFile
from fsim.serving.index_queries import IndexQuery, answer_queries
from fsim.serving.limits import Limits
from fsim.serving.loaded_index import LoadedIndex, ReloadingIndex
from fsim.serving.monitoring import Metrics
from fsim.serving.parsed_query import ParsedQuery, parse_query
from fsim.serving.request_error import RequestError, server_busy
from fsim.serving.search_form import SearchForm, check_filters

log = logging.getLogger("fsim.serving")


class SearchService:
    """Searches in an index, and compares it with another one.

    Args:
        other: The index to compare with, and `votes`, the file of the votes; None: nothing is compared.
    """

    def __init__(
        self, index: ReloadingIndex, limits: Limits, other: ReloadingIndex | None = None, votes: VoteFile | None = None
    ) -> None:
        self.index, self.limits, self.other, self.votes = index, limits, other, votes
        self.metrics, self.comparisons = Metrics(), Comparisons()
        self.batcher: Batcher[IndexQuery, list[Answer]] = Batcher(
            answer_queries, limits.max_batch, observe=self.metrics.batch.observe
        )
        self.decoders = ThreadPoolExecutor(max(2, os.cpu_count() or 1), "decode")
        self.in_flight = 0

    @property
    def indexes(self) -> list[ReloadingIndex]:
        """The index, and the one to compare with."""
        return [self.index, *([self.other] if self.other else [])]

    @property
    def reads_text(self) -> bool:
        """Whether words can be searched by, also in comparisons."""
        return all(index.current.embedder.text_embedder is not None for index in self.indexes)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Answer queries, and follow changes of the indexes, within this context."""
        coroutines = (self.batcher.run(), *(index.watch() for index in self.indexes))
        tasks = [asyncio.create_task(coroutine) for coroutine in coroutines]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            self.decoders.shutdown(wait=False, cancel_futures=True)

    async def search(self, form: SearchForm) -> tuple[LoadedIndex, ParsedQuery, list[Answer]]:
        """Return the index as it was searched, the query, and its answers.

        Raises:
            RequestError: the query can't be answered.
        """
        with self._counted():
            loaded = self.index.current
            check_filters(form.options.filters, loaded)
            query = await self._parse(form, [loaded])
            return loaded, query, await self.batcher.ask(*query.queries)

    async def compare(self, form: SearchForm) -> tuple[str, ParsedQuery, dict[str, list[Answer]]]:
        """Return the token of a comparison, the query, and the answers by side.

        Raises:
            RequestError: the query can't be answered, or there is nothing to compare with.
        """
        if self.other is None:
            raise RequestError(404, "there is nothing to compare with: start the server with --ab INDEX")
        with self._counted():
            names = [self.index.name, self.other.name]
            loaded = [self.index.current, self.other.current]
            check_filters(form.options.filters, loaded[0])
            query = await self._parse(form, loaded)
            found = await asyncio.gather(*map(self._answer_or_nothing, query.queries))
        order = (1, 0) if self.comparisons.is_swapped(query.name) else (0, 1)
        answers = {"left": found[order[0]], "right": found[order[1]]}
        sides = {
            side: ComparedSide(names[n], loaded[n], [loaded[n].index.row_of_id[one["id"]] for one in found[n]])
            for side, n in zip(answers, order, strict=True)
        }
        crop = " ".join(f"{edge:g}" for edge in form.box) if form.box else ""
        filters = form.options.filters or {}
        text = "&".join(f"{key}={value}" for key, values in filters.items() for value in values)
        return self.comparisons.add(Comparison(query.name, crop, text, form.options.k, sides)), query, answers

    async def vote(self, token: str, choice: str) -> Comparison:
        """Write into the file of the votes which side was better, and return the comparison.

        Raises:
            RequestError: the comparison was voted on before, is not kept any more, or the vote can't be written.
        """
        comparison = self.comparisons.get(token)
        if comparison.voted:
            raise RequestError(409, "this comparison was voted on: search again")
        comparison.voted = True
        sides = {side: compared.name for side, compared in comparison.sides.items()}
        vote = Vote(
            time=datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
            query=comparison.query,
            crop=comparison.crop,
            filters=comparison.filters,
            k=comparison.k,
            left=sides["left"],
            right=sides["right"],
            choice=choice,
            chosen=sides.get(choice, ""),
        )
        assert self.votes is not None, "what can be compared can be voted on"
        try:
            await asyncio.to_thread(self.votes.append, vote)
        except FsimError as error:
            comparison.voted = False
            log.error("vote not written", extra={"fields": {"cause": str(error)}})
            raise RequestError(503, "the vote can't be written on the server: try again later") from None
        self.metrics.votes.inc()
        return comparison

    async def _parse(self, form: SearchForm, indexes: Sequence[LoadedIndex]) -> ParsedQuery:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self.decoders, parse_query, form, indexes, self.comparisons, self.limits)

    async def _answer_or_nothing(self, query: IndexQuery) -> list[Answer]:
        """The answers; none where the index lacks a key or value of the filters."""
        try:
            check_filters(query.options.filters, query.loaded)
        except RequestError:
            return []
        return await self.batcher.ask(query)

    @contextmanager
    def _counted(self) -> Iterator[None]:
        """Count a query as in flight, or refuse it where there are too many."""
        if self.in_flight >= self.limits.in_flight:
            raise server_busy()
        self.in_flight += 1
        self.metrics.in_flight.set(self.in_flight)
        try:
            yield
        finally:
            self.in_flight -= 1
            self.metrics.in_flight.set(self.in_flight)
