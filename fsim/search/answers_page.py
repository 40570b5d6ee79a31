"""The answers of a search as a page of pictures."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from fsim.interfaces import Catalog
from fsim.pages.page import Page, Picture, Section, jpeg_uri, thumbnail
from fsim.search.answers import Answer
from fsim.search.query import Query
from fsim.search.search_index import SearchIndex

PIXELS = 160  # the longer side of a query's picture


def answers_page(index: SearchIndex, queries: Sequence[Query], answers: Sequence[Sequence[Answer]]) -> Page:
    """Return a page with a row of pictures for each query: its own picture and text, where it has them, and its
    answers."""
    rows = []
    for query, found in zip(queries, answers, strict=True):
        pictures = [Picture(_query_uri(query), Path(query.file).name, mark="query")] if query.file else []
        pictures += [Picture("", "", mark="query", words=query.text)] if query.text else []
        pictures += [Picture(_answer_uri(index, one), f"{one['score']:.3f} {one['category']}") for one in found]
        rows.append((query.name, pictures))
    passport = index.passport
    by = f"{passport.kind}, recall@{passport.k} {passport.recall:.3f}" if passport.recall is not None else passport.kind
    source = passport.embedded_by
    text = f"{passport.num_images:,} images by {source.run_name} ({source.checkpoint}); {by}"
    return Page("Search", str(index.path), sections=[Section("Answers", text, pictures=rows)])


def _answer_uri(index: SearchIndex, answer: Answer) -> str:
    content = index.images.thumbnail(index.row_of_id[answer["id"]])
    return jpeg_uri(content) if content else ""


def _query_uri(query: Query) -> str:
    file, box = Path(str(query.file)).absolute(), query.pictures[0].box
    return thumbnail(Catalog.of({"image": [str(file)], "box": [box]}, Path("/")), 0, PIXELS)
