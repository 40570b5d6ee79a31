"""The words of captions, and captions as their numbers.

Shape legend: B captions, L words of the longest.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import regex

from fsim.errors import FsimError
from fsim.interfaces import IntArray

PADDING = 0  # the number that stands for no word
FREQUENT, EXAMPLES = 100, 8  # an error shows so many examples, the longest of so many frequent words
# Scripts that put no blanks between words: each letter counts as one.
UNSPACED = r"\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}"
WORD = regex.compile(rf"(?V1)[{UNSPACED}]\p{{M}}*|[[\p{{L}}\p{{M}}\p{{N}}]--[{UNSPACED}]]+")


def words_of(text: str) -> list[str]:
    """Return the words of a text: runs of letters and digits, folded so that case and the forms of a letter (Unicode
    NFKC) do not matter. "Knee-length T-Shirt" is knee, length, t, shirt."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    found: list[str] = WORD.findall(folded)
    return found


@dataclass(frozen=True)
class Vocabulary:
    """The words that a network knows, and how many of a caption it reads.

    words       number n stands for words[n - 1]; 0 is no word. A word that is not among them is left out of a caption
    max_length  known words of a caption that count, from its beginning
    """

    words: Sequence[str]
    max_length: int = 64

    @classmethod
    def of(cls, captions: Iterable[str], min_count: int, max_words: int, max_length: int) -> Vocabulary:
        """Collect the words of captions, the most frequent first.

        Args:
            min_count: how often a word must be there.
            max_words: of more the most frequent, of equally frequent ones in the order of their letters.
        """
        counts = Counter(word for caption in captions for word in words_of(caption))
        known = sorted((word for word, count in counts.items() if count >= min_count), key=lambda w: (-counts[w], w))
        return cls(tuple(known[:max_words]), max_length)

    @property
    def size(self) -> int:
        """How many numbers there are."""
        return 1 + len(self.words)

    def tokens(self, captions: Sequence[str]) -> IntArray:
        """[B] -> int64 [B, L], L at least 1: the numbers of the words that are known, 0 behind the end."""
        numbers = [
            [self._numbers[word] for word in words_of(caption) if word in self._numbers][: self.max_length]
            for caption in captions
        ]
        tokens = np.full((len(captions), max([1, *map(len, numbers)])), PADDING, np.int64)
        for row, of_caption in zip(tokens, numbers, strict=True):
            row[: len(of_caption)] = of_caption
        return tokens

    def unknown(self, text: str) -> list[str]:
        """The words of a text that are not in the vocabulary, each once."""
        return list(dict.fromkeys(word for word in words_of(text) if word not in self._numbers))

    def reject_unknown(self, text: str) -> None:
        """Raises:
        FsimError: no word of a text is in the vocabulary.
        """
        if set(words_of(text)) - set(self.unknown(text)):
            return
        frequent = sorted(self.words[:FREQUENT], key=len, reverse=True)  # short words say little
        raise FsimError(
            f"none of these words is among the {len(self.words):,} that the network learned; "
            f"use some of them, such as {', '.join(frequent[:EXAMPLES])}"
        )

    @cached_property
    def _numbers(self) -> dict[str, int]:
        return {word: number for number, word in enumerate(self.words, 1)}
