"""What is asked of an index, and the answers to many questions by one forward pass."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from fsim.errors import FsimError
from fsim.search.answers import Wish, search
from fsim.search.queries import HALF, weighted_query
from fsim.serving.served import Served

if TYPE_CHECKING:
    from fsim.images.resize import Pixels
    from fsim.interfaces import Vectors

Found = list[dict[str, Any]]  # see `fsim.search.answers.search`


@dataclass(frozen=True)
class Question:
    """A picture [S, S, 3], or an image of the index by its row: it is not among its own answers; or a text; or one of
    the pictures and a text, where `weight` is how much that counts."""

    served: Served
    wish: Wish
    pixels: Pixels | None = None
    row: int | None = None
    text: str | None = None
    weight: float = HALF

    def key(self) -> tuple[Any, ...]:
        """What the questions of one search have in common."""
        wanted = tuple((key, tuple(values)) for key, values in sorted((self.wish.wanted or {}).items()))
        return id(self.served), self.asked().k, wanted, self.wish.fold, self.wish.diversity

    def asked(self) -> Wish:
        """With room for itself."""
        return self.wish if self.row is None else replace(self.wish, k=self.wish.k + 1)

    def answer(self, found: Found) -> Found:
        """Of what was found what was asked for."""
        if self.row is None:
            return found
        own = self.served.index.images.columns["id"][self.row]
        return [one for one in found if one["id"] != own][: self.wish.k]


def answer_all(questions: Sequence[Question]) -> list[Found | Exception]:
    """The answers, in the order of the questions: one forward pass for each network, one search for all that want the
    same. In place of an answer the FsimError of its search."""
    vectors = _vectors(questions)
    groups: dict[tuple[Any, ...], list[int]] = {}
    for place, question in enumerate(questions):
        groups.setdefault(question.key(), []).append(place)
    answers: list[Found | Exception] = [[] for _ in questions]
    for places in groups.values():
        first = questions[places[0]]
        wanted = first.wish.wanted
        if wanted and not first.served.index.filters.flags(wanted).any():
            continue  # no image has all of it
        try:
            found = search(first.served.index, np.stack([vectors[place] for place in places]), first.asked())
        except FsimError as error:
            for place in places:
                answers[place] = error
            continue
        for place, of_one in zip(places, found, strict=True):
            answers[place] = questions[place].answer(of_one)
    return answers


def _vectors(questions: Sequence[Question]) -> list[Vectors]:
    """An embedding [D] for each."""
    vectors: list[Vectors] = [np.empty(0, np.float32)] * len(questions)
    pictures: dict[int, list[int]] = {}
    texts: dict[int, list[int]] = {}
    for place, question in enumerate(questions):
        network = id(question.served.embedder)
        if question.row is not None:
            vectors[place] = np.asarray(question.served.index.embedding[question.row], np.float32)
        elif question.pixels is not None:
            pictures.setdefault(network, []).append(place)
        if question.text is not None:
            texts.setdefault(network, []).append(place)
    for places in pictures.values():
        embedder = questions[places[0]].served.embedder
        embedded = embedder.embed_pixels([one for place in places if (one := questions[place].pixels) is not None])
        for place, vector in zip(places, embedded, strict=True):
            vectors[place] = vector
    for places in texts.values():
        reader = questions[places[0]].served.embedder.reader
        assert reader is not None, "`sources` refuses texts for others"
        read = reader.embed([text for place in places if (text := questions[place].text) is not None])
        for place, vector in zip(places, read, strict=True):
            picture = vectors[place]
            vectors[place] = weighted_query(picture, vector, questions[place].weight) if len(picture) else vector
    return vectors
