"""The answers of a search as a page of pictures."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from fsim.interfaces import Catalog
from fsim.page import Page, Picture, Section, jpeg_uri, thumbnail
from fsim.search.queries import read_box
from fsim.search.search_index import SearchIndex

PIXELS = 160


def answers_page(
    index: SearchIndex, names: Sequence[str], found: Sequence[Sequence[dict[str, Any]]], crop: str | None
) -> Page:
    """A row of pictures for each query: itself, where it is one file, and its answers."""
    rows = []
    for name, answers in zip(names, found, strict=True):
        shown = [Picture(_query(name, crop), Path(name).name, mark="query")] if Path(name).is_file() else []
        shown += [Picture(_picture(index, one), f"{one['score']:.3f} {one['category']}") for one in answers]
        rows.append((name, shown))
    passport = index.passport
    by = f"{passport.kind}, recall@{passport.k} {passport.recall:.3f}" if passport.recall is not None else passport.kind
    text = f"{passport.num_images:,} images by {passport.made.run_name} ({passport.made.checkpoint}); {by}"
    return Page("Search", str(index.path), sections=[Section("Answers", text, pictures=rows)])


def _picture(index: SearchIndex, answer: dict[str, Any]) -> str:
    content = index.images.thumbnail(index.rows[answer["id"]])
    return jpeg_uri(content) if content else ""


def _query(name: str, crop: str | None) -> str:
    box = read_box(crop) if crop else None
    return thumbnail(Catalog.of({"image": [str(Path(name).absolute())], "box": [box]}, Path("/")), 0, PIXELS)
