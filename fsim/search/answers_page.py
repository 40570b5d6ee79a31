"""The answers of a search as a page of pictures."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from fsim.interfaces import Catalog
from fsim.pages.page import Page, Picture, Section, jpeg_uri, thumbnail
from fsim.search.queries import read_box
from fsim.search.query_parts import Query
from fsim.search.search_index import SearchIndex

PIXELS = 160


def answers_page(
    index: SearchIndex, queries: Sequence[Query], found: Sequence[Sequence[dict[str, Any]]], crop: str | None
) -> Page:
    """A row of pictures for each query: its own picture and text, where it has one, and its answers."""
    rows = []
    for query, answers in zip(queries, found, strict=True):
        shown = [Picture(_query(query.file, crop), Path(query.file).name, mark="query")] if query.file else []
        shown += [Picture("", "", mark="query", words=query.text)] if query.text else []
        shown += [Picture(_picture(index, one), f"{one['score']:.3f} {one['category']}") for one in answers]
        rows.append((query.name, shown))
    passport = index.passport
    by = f"{passport.kind}, recall@{passport.k} {passport.recall:.3f}" if passport.recall is not None else passport.kind
    text = f"{passport.num_images:,} images by {passport.made.run_name} ({passport.made.checkpoint}); {by}"
    return Page("Search", str(index.path), sections=[Section("Answers", text, pictures=rows)])


def _picture(index: SearchIndex, answer: dict[str, Any]) -> str:
    content = index.images.thumbnail(index.rows[answer["id"]])
    return jpeg_uri(content) if content else ""


def _query(file: str, crop: str | None) -> str:
    box = read_box(crop) if crop else None
    return thumbnail(Catalog.of({"image": [str(Path(file).absolute())], "box": [box]}, Path("/")), 0, PIXELS)
