"""Captions as the words that they have, whatever their order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field
from torch import Tensor, nn

from fsim.functional.text.vocabulary import Vocabulary
from fsim.interfaces import IntArray
from fsim_plugins.text_encoders.pooling import lengths, mean_of
from fsim_plugins.text_encoders.words import WordVectors


class BagOfWords(nn.Module):
    """The mean of the vectors of a caption's words; a caption without words is zero.

    What each other encoder is to be held against: it knows no order, and learns in seconds.

    Args:
        vocabulary: filled in from the training images' captions.
        word_dim: F, the length of a word's vector. 300 in Kiros et al., arXiv 1411.2539, 2014.
    """

    def __init__(self, vocabulary: Vocabulary, word_dim: Annotated[int, Field(ge=1)] = 300) -> None:
        super().__init__()
        self.vocabulary = vocabulary
        self.words = WordVectors(vocabulary, word_dim)
        self.out_features = word_dim

    def tokens(self, captions: Sequence[str]) -> IntArray:
        """[B] -> int64 [B, L]."""
        return self.vocabulary.tokens(captions)

    def forward(self, tokens: Tensor) -> Tensor:
        """[B, L] -> [B, F]."""
        return mean_of(self.words(tokens), lengths(tokens))
