"""What a search looks for, as embeddings: pictures, their mean, one picture with something of others or of a text."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

import numpy as np

from fsim.errors import FsimError
from fsim.functional.retrieval.index_vectors import unit_length
from fsim.images.resize import Box
from fsim.interfaces import Distance, Vectors

HALF = 0.5  # how much a text counts against a picture, where nothing else is asked for


def mean_query(vectors: Vectors, distance: Distance) -> Vectors:
    """[Q, D] -> [1, D], what lies between them; of directions, where embeddings are compared by cosine."""
    rows = unit_length(vectors) if distance == "cosine" else vectors
    mean: Vectors = rows.mean(0, keepdims=True, dtype=np.float32)
    return mean


def moved_query(vectors: Vectors, plus: Vectors, minus: Vectors, distance: Distance) -> Vectors:
    """[Q, D], each plus the pictures of `plus` and minus those of `minus`, [N, D] each; of directions, where embeddings
    are compared by cosine."""
    rows, more, less = (unit_length(one) if distance == "cosine" else one for one in (vectors, plus, minus))
    moved: Vectors = (rows + more.sum(0) - less.sum(0)).astype(np.float32)
    return moved


def weighted_query(vectors: Vectors, text: Vectors, weight: float) -> Vectors:
    """Pictures [..., D], and a text [D] for all or one for each -> [..., D]: (1 - weight) picture + weight text, of
    directions."""
    weighted: Vectors = ((1 - weight) * unit_length(vectors) + weight * unit_length(text)).astype(np.float32)
    return weighted


def read_text(text: str) -> str:
    """A text to search by, on one line.

    Raises:
        FsimError: it is blank.
    """
    found = " ".join("".join(" " if unicodedata.category(one) in ("Cc", "Cs") else one for one in text).split())
    if not found:
        raise FsimError("--text: write in words what to look for, such as: red striped dress")
    return found


def read_box(text: str) -> Box:
    """`x1,y1,x2,y2` in pixels of the upright picture.

    Raises:
        FsimError: it is something else, or holds nothing.
    """
    parts: Sequence[str] = text.split(",")
    try:
        x1, y1, x2, y2 = map(float, parts)
    except ValueError as error:
        raise FsimError(f"--crop {text}: give four numbers x1,y1,x2,y2, in pixels of the picture") from error
    if not (np.isfinite([x1, y1, x2, y2]).all() and x1 < x2 and y1 < y2):
        raise FsimError(f"--crop {text}: x1 must be left of x2, and y1 above y2")
    return x1, y1, x2, y2
