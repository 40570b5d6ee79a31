"""A transformer that is trained from the captions alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import torch
from pydantic import Field
from torch import Tensor, nn

from fsim.errors import FsimError
from fsim.functional.text.vocabulary import PADDING, Vocabulary
from fsim.interfaces import IntArray
from fsim_plugins.text_encoders.pooling import lengths, mean_of
from fsim_plugins.text_encoders.words import WordVectors

Count = Annotated[int, Field(ge=1)]
POSITION_STD = 0.02


class Transformer(nn.Module):
    """A transformer (Vaswani et al., "Attention is all you need", NIPS 2017) whose words look at each other.

    Each layer normalises before it attends (Xiong et al., "On layer normalization in the transformer architecture",
    ICML 2020), which trains without a warm-up. Positions are learned, from normal ones with standard deviation 0.02.
    Before the first word stands a mark of the beginning, so that a caption without words is something to attend to.

    The feature is the mean over the mark and the words: every word has a part in it from the first step on, where the
    mark alone would first have to learn to look at them.

    Args:
        vocabulary: filled in from the training images' captions; its `max_length` is the number of positions.
        dim: F, the length of a word's vector and of the feature, a multiple of `heads`.
        layers: how many layers; each has 4 F hidden units.
        heads: of the attention of each layer.
        dropout: share of values that each layer drops in training.

    Raises:
        FsimError: `dim` is no multiple of `heads`.
    """

    def __init__(
        self,
        vocabulary: Vocabulary,
        dim: Count = 256,
        layers: Count = 2,
        heads: Count = 4,
        dropout: Annotated[float, Field(ge=0, lt=1)] = 0.1,
    ) -> None:
        super().__init__()
        if dim % heads:
            raise FsimError(
                f"transformer: dim {dim} is no multiple of {heads} heads; take dim {dim + -dim % heads}, or other heads"
            )
        self.vocabulary = vocabulary
        self.words = WordVectors(vocabulary, dim)
        self.positions = nn.Parameter(torch.empty(1 + vocabulary.max_length, dim))  # the mark, and one for each word
        nn.init.normal_(self.positions, std=POSITION_STD)
        self.drop = nn.Dropout(dropout)
        self.layers = nn.ModuleList(
            nn.TransformerEncoderLayer(
                dim, heads, 4 * dim, dropout, activation="gelu", batch_first=True, norm_first=True
            )
            for _ in range(layers)
        )
        self.norm = nn.LayerNorm(dim)
        self.out_features = dim

    def tokens(self, captions: Sequence[str]) -> IntArray:
        """[B] -> int64 [B, L]."""
        return self.vocabulary.tokens(captions)

    def forward(self, tokens: Tensor) -> Tensor:
        """[B, L] -> [B, F]."""
        tokens = tokens[:, : self.vocabulary.max_length]  # behind it is nothing but padding
        words = nn.functional.pad(self.words(tokens), (0, 0, 1, 0))  # [B, 1 + L, F]
        padding = nn.functional.pad(tokens == PADDING, (1, 0))  # [B, 1 + L]
        states = self.drop(words + self.positions[: words.shape[1]])  # [B, 1 + L, F]
        for layer in self.layers:
            states = layer(states, src_key_padding_mask=padding)
        return mean_of(self.norm(states), 1 + lengths(tokens))
