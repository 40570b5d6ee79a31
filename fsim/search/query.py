"""Queries: what a search looks for, as pictures and words. The command line, the server and Python build them here."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from fsim.errors import FsimError
from fsim.interfaces import Vectors

if TYPE_CHECKING:
    from fsim.images.resample import Pixels
    from fsim.images.resize import Box

TEXT_WEIGHT = 0.5  # how much a text counts against a picture, where nothing else is said


@dataclass(frozen=True)
class QueryPicture:
    """A picture to search by: its file, or its pixels as the network takes them, or its embedding in an index.

    file       its path; `box` is the part of the upright picture to look at, in its pixels
    pixels     [S, S, 3]
    embedding  [D]
    """

    file: str | None = None
    box: Box | None = None
    pixels: Pixels | None = None
    embedding: Vectors | None = None


@dataclass(frozen=True)
class Query:
    """What one query looks for: pictures, or a text, or both.

    name          what people call it
    pictures      of several their mean
    plus, minus   pictures whose embeddings are added to that, or taken from it
    text          words
    text_weight   0 to 1: how much the text counts against the pictures
    """

    name: str
    pictures: tuple[QueryPicture, ...] = ()
    plus: tuple[QueryPicture, ...] = ()
    minus: tuple[QueryPicture, ...] = ()
    text: str | None = None
    text_weight: float = TEXT_WEIGHT

    @property
    def file(self) -> str | None:
        """The file of the picture, where the query is one picture, alone or with a text."""
        alone = len(self.pictures) == 1 and not self.plus and not self.minus
        return self.pictures[0].file if alone else None


def build_queries(
    images: Sequence[str],
    texts: Sequence[str] = (),
    text_weight: float | None = None,
    mean: bool = False,
    plus: Sequence[str] = (),
    minus: Sequence[str] = (),
    box: Box | None = None,
) -> list[Query]:
    """Return a query for each picture or text, or one for all pictures together.

    Args:
        images: files of pictures.
        texts: several without pictures, one with them: it becomes a part of each query.
        text_weight: 0 to 1, of the text against a picture; None for `TEXT_WEIGHT`.
        mean: whether the pictures are one query, which lies between them.
        plus: files of pictures that each query moves towards.
        minus: files of pictures that it moves away from.
        box: the part of each of `images` to look at.

    Raises:
        FsimError: there is nothing to look for, or it does not go together.
    """
    _check_parts(images, texts, text_weight, {"mean": mean, "plus": plus, "minus": minus, "crop": box})
    texts = [clean_text(text) for text in texts]
    if not images:
        return [Query(text, text=text) for text in texts]
    pictures = [QueryPicture(file, box) for file in images]
    queries = [Query(file, (picture,)) for file, picture in zip(images, pictures, strict=True)]
    if mean:
        queries = [Query(f"between {' and '.join(images)}", tuple(pictures))]
    if plus or minus:
        moved = "".join(f" + {file}" for file in plus) + "".join(f" - {file}" for file in minus)
        more, less = (tuple(QueryPicture(file) for file in files) for files in (plus, minus))
        queries = [replace(query, name=query.name + moved, plus=more, minus=less) for query in queries]
    weight = TEXT_WEIGHT if text_weight is None else text_weight
    return [_with_text(query, text, weight) for query in queries for text in texts] if texts else queries


def _check_parts(
    images: Sequence[str], texts: Sequence[str], text_weight: float | None, of_pictures: dict[str, object]
) -> None:
    if not images and not texts:
        raise FsimError('say what to look for: a picture, or words by --text "red striped dress"')
    if images and len(texts) > 1:
        raise FsimError("--text: give one text with pictures, or several texts without")
    for name, value in of_pictures.items():
        if value and not images:
            raise FsimError(f"--{name} is for pictures: give one to search by, or leave it out")
    if text_weight is not None and not (images and texts):
        raise FsimError("--text-weight weighs a text against a picture: give both, or leave it out")
    if text_weight is not None and not 0 <= text_weight <= 1:
        raise FsimError(f"--text-weight {text_weight:g}: give 0 (the picture alone) to 1 (the text alone)")


def _with_text(query: Query, text: str, weight: float) -> Query:
    name = query.name if query.file is not None else f"({query.name})"
    return replace(query, name=f'{1 - weight:g} {name} + {weight:g} "{text}"', text=text, text_weight=weight)


def clean_text(text: str) -> str:
    """Return a text to search by, on one line.

    Raises:
        FsimError: it is blank.
    """
    letters = (" " if unicodedata.category(letter) in ("Cc", "Cs") else letter for letter in text)
    cleaned = " ".join("".join(letters).split())
    if not cleaned:
        raise FsimError("--text: write in words what to look for, such as: red striped dress")
    return cleaned


def parse_filters(texts: Sequence[str]) -> dict[str, list[str]]:
    """Return {key: values} of texts `key=value` or `key=value,value`; a key may be given several times.

    Raises:
        FsimError: one has no `=` or no value.
    """
    filters: dict[str, list[str]] = {}
    for text in texts:
        key, _, values = text.partition("=")
        if not key or not values:
            raise FsimError(f"--filter {text}: write key=value, such as category=dress, or key=value,value")
        filters.setdefault(key, []).extend(values.split(","))
    return filters


def parse_box(text: str) -> Box:
    """Read `x1,y1,x2,y2`, in pixels of the upright picture.

    Raises:
        FsimError: it is something else, or holds nothing.
    """
    try:
        x1, y1, x2, y2 = map(float, text.split(","))
    except ValueError as error:
        raise FsimError(f"--crop {text}: give four numbers x1,y1,x2,y2, in pixels of the picture") from error
    if not (np.isfinite([x1, y1, x2, y2]).all() and x1 < x2 and y1 < y2):
        raise FsimError(f"--crop {text}: x1 must be left of x2, and y1 above y2")
    return x1, y1, x2, y2
