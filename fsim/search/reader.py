"""The part of a network that reads, for texts to search by."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from fsim.errors import FsimError
from fsim.functional.text.vocabulary import words_of
from fsim.interfaces import Vectors

if TYPE_CHECKING:
    from fsim.model.text_tower import TextTower

FREQUENT, EXAMPLES = 100, 8  # words that are likely to be told as examples, and how many are


class Reader:
    """Embeds texts into the space of the images."""

    def __init__(self, tower: TextTower) -> None:
        self.tower = tower

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Q texts -> [Q, D], by one forward pass."""
        vectors: Vectors = self.tower.embed(texts).numpy()
        return vectors

    def left_out(self, text: str) -> list[str]:
        """The words of a text that the network did not learn; none where its encoder has words of its own.

        Raises:
            FsimError: it learned none of them.
        """
        vocabulary = self.tower.vocabulary
        if vocabulary is None:
            return []
        unknown = vocabulary.unknown(text)
        if not set(words_of(text)) - set(unknown):
            frequent = sorted(vocabulary.words[:FREQUENT], key=len, reverse=True)  # the short ones say little
            raise FsimError(
                f"none of these words is among the {len(vocabulary.words):,} that the network learned; "
                f"use some of them, such as {', '.join(frequent[:EXAMPLES])}"
            )
        return unknown
