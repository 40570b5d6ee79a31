"""Recurrent networks, which read a caption word by word."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field
from torch import Tensor, nn

from fsim.functional.text.vocabulary import Vocabulary
from fsim.interfaces import IntArray
from fsim_plugins.text_encoders.pooling import last_of, lengths
from fsim_plugins.text_encoders.words import WordVectors

Dim = Annotated[int, Field(ge=1)]


class Recurrent(nn.Module):
    """The state of a recurrent network at the last word of a caption; a caption without words is zero.

    Args:
        words: vectors of the words.
        reader: of the vectors [B, L, W], batch first, gives states [B, L, F] and something else.
    """

    def __init__(self, vocabulary: Vocabulary, words: WordVectors, reader: nn.GRU | nn.LSTM) -> None:
        super().__init__()
        self.vocabulary, self.words, self.reader = vocabulary, words, reader
        self.out_features = reader.hidden_size

    def tokens(self, captions: Sequence[str]) -> IntArray:
        """[B] -> int64 [B, L]."""
        return self.vocabulary.tokens(captions)

    def forward(self, tokens: Tensor) -> Tensor:
        """[B, L] -> [B, F]."""
        states, _ = self.reader(self.words(tokens))  # [B, L, F]; none knows what comes behind its word
        return last_of(states, lengths(tokens))


def gru(vocabulary: Vocabulary, word_dim: Dim = 300, hidden_dim: Dim = 1024) -> Recurrent:
    """A gated recurrent unit (Cho et al., EMNLP 2014), whose state at the last word of a caption is its feature.

    The encoder of Kiros, Salakhutdinov and Zemel, "Unifying visual-semantic embeddings with multimodal neural language
    models", arXiv 1411.2539, 2014, in the authors' code; in the paper it is `lstm`. A caption without words is zero.

    Args:
        vocabulary: filled in from the training images' captions.
        word_dim: W, the length of a word's vector. The authors: 300.
        hidden_dim: F, the length of the state. The authors: 1024.
    """
    return Recurrent(vocabulary, WordVectors(vocabulary, word_dim), nn.GRU(word_dim, hidden_dim, batch_first=True))


def lstm(vocabulary: Vocabulary, word_dim: Dim = 300, hidden_dim: Dim = 1024) -> Recurrent:
    """A long short-term memory (Hochreiter and Schmidhuber, Neural Computation 1997), whose state at the last word of a
    caption is its feature: the encoder of Kiros et al., arXiv 1411.2539, 2014, in the paper. Otherwise as `gru`.

    Args:
        vocabulary: filled in from the training images' captions.
        word_dim: W, the length of a word's vector. The authors: 300.
        hidden_dim: F, the length of the state. The authors: 1024.
    """
    return Recurrent(vocabulary, WordVectors(vocabulary, word_dim), nn.LSTM(word_dim, hidden_dim, batch_first=True))
