"""The part of a network that reads: captions into the space of the images.

Shape legend: B captions, L words of the longest, D embedding.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from fsim.errors import FsimError
from fsim.functional.text.vocabulary import Vocabulary
from fsim.interfaces import Head, IntArray
from fsim.recipe.checked_recipe import CheckedRecipe

BATCH_SIZE = 256


class LinearTextHead(nn.Module):
    """Features of captions [B, F] -> embedding [B, D]."""

    def __init__(self, in_features: int, embedding_dim: int) -> None:
        super().__init__()
        self.embed = nn.Linear(in_features, embedding_dim)

    def forward(self, features: Tensor) -> dict[str, Tensor]:
        """[B, F] -> embedding [B, D]."""
        return {"embedding": self.embed(features)}


class TextTower(nn.Module):
    """captions -> encoder -> features -> head -> embedding.

    vocabulary  the words that the encoder knows; None where it has its own
    """

    def __init__(self, encoder: nn.Module, head: nn.Module, vocabulary: Vocabulary | None) -> None:
        super().__init__()
        self.encoder, self.head = encoder, head
        self.vocabulary = vocabulary

    def tokens(self, captions: Sequence[str]) -> IntArray:
        """[B] -> int64 [B, L]: captions as the encoder reads them, 0 behind the end."""
        tokens: IntArray = self.encoder.tokens(captions)  # type: ignore[operator]
        return tokens

    def forward(self, tokens: Tensor) -> Tensor:
        """[B, L] -> [B, D]."""
        embedding: Tensor = self.head(self.encoder(tokens))["embedding"]
        return embedding

    def embed(self, captions: Sequence[str]) -> Tensor:
        """[B], 1 or more -> float32 [B, D] on the CPU, in evaluation mode."""
        self.eval()
        device = next(self.parameters()).device
        parts = []
        with torch.inference_mode():
            for start in range(0, len(captions), BATCH_SIZE):
                tokens = torch.from_numpy(self.tokens(captions[start : start + BATCH_SIZE]))
                parts.append(self(tokens.to(device)).float().cpu())
        return torch.cat(parts).clone()


def build_text_tower(checked: CheckedRecipe, vocabulary: Vocabulary | None, image_head: Head) -> TextTower | None:
    """The text encoder and its head with fresh weights; None where the recipe has none.

    Raises:
        FsimError: a component does not fit its interface.
    """
    if checked.recipe.model.text_encoder is None:
        return None
    part, own = checked["model.text_encoder"], checked.components.get(("model", "text_head"))
    encoder = part.build(vocabulary=vocabulary)
    if own is None:
        head: nn.Module = LinearTextHead(encoder.out_features, image_head.embedding_dim)
    else:
        head = own.build(in_features=encoder.out_features)
    return _tried(TextTower(encoder, head, vocabulary), part.name, image_head.embedding_dim)


def _tried(tower: TextTower, name: str, embedding_dim: int) -> TextTower:
    """The tower, which has read a caption, so that a fault of it is told before training and not by a traceback."""
    tower.eval()
    tokens: Any = tower.tokens(["a dress"])
    if not isinstance(tokens, np.ndarray) or tokens.dtype != np.int64 or tokens.ndim != 2 or len(tokens) != 1:
        raise FsimError(
            f"text_encoder '{name}' gives for a caption no int64 array [1, L] of tokens, as "
            f"fsim.interfaces.TextEncoder wants it; ask its author to mend it"
        )
    try:
        with torch.no_grad():
            shape = tuple(tower(torch.from_numpy(tokens)).shape)
    except (RuntimeError, KeyError) as error:
        raise FsimError(
            f"text_encoder '{name}' can't read a caption ({str(error).splitlines()[0]}); ask the author of it, or of "
            f"model.text_head, to mend it"
        ) from error
    if shape != (1, embedding_dim):
        raise FsimError(f"text_encoder '{name}' and its head give a caption {shape} in place of {(1, embedding_dim)}")
    return tower
