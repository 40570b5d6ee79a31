"""The text tower of a network: it embeds captions in the space of the images.

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
from fsim.interfaces import IntArray
from fsim.plugin.build import CheckedComponent

BATCH_SIZE = 256


class LinearTextHead(nn.Module):
    """Maps features of captions [B, F] to embeddings [B, D]."""

    def __init__(self, in_features: int, dimensions: int) -> None:
        super().__init__()
        self.embed = nn.Linear(in_features, dimensions)

    def forward(self, features: Tensor) -> dict[str, Tensor]:
        """[B, F] -> embedding [B, D]."""
        return {"embedding": self.embed(features)}


class TextTower(nn.Module):
    """captions -> encoder -> features -> head -> embedding.

    vocabulary  the words that the encoder learned; None where it has its own
    """

    def __init__(self, encoder: nn.Module, head: nn.Module, vocabulary: Vocabulary | None) -> None:
        super().__init__()
        self.encoder, self.head = encoder, head
        self.vocabulary = vocabulary

    def tokens(self, captions: Sequence[str]) -> IntArray:
        """Return captions [B] as the encoder reads them: int64 [B, L], 0 behind the end."""
        tokens: IntArray = self.encoder.tokens(captions)  # type: ignore[operator]
        return tokens

    def forward(self, tokens: Tensor) -> Tensor:
        """Map tokens [B, L] to embeddings [B, D]."""
        embedding: Tensor = self.head(self.encoder(tokens))["embedding"]
        return embedding

    def embed(self, captions: Sequence[str]) -> Tensor:
        """Embed captions [B], one or more, in evaluation mode: float32 [B, D] on the CPU."""
        self.eval()
        device = next(self.parameters()).device
        parts = []
        with torch.inference_mode():
            for start in range(0, len(captions), BATCH_SIZE):
                tokens = torch.from_numpy(self.tokens(captions[start : start + BATCH_SIZE]))
                parts.append(self(tokens.to(device)).float().cpu())
        return torch.cat(parts).clone()


def build_text_tower(
    encoder_part: CheckedComponent, head_part: CheckedComponent | None, vocabulary: Vocabulary | None, dimensions: int
) -> TextTower:
    """Build a text encoder and its head with fresh weights.

    Args:
        head_part: None: a linear layer.
        dimensions: of the embeddings of images, in whose space those of captions are.

    Raises:
        FsimError: a component does not fit its interface.
    """
    encoder = encoder_part.build(vocabulary=vocabulary)
    if head_part is None:
        head: nn.Module = LinearTextHead(encoder.out_features, dimensions)
    else:
        head = head_part.build(in_features=encoder.out_features)
    return _after_trial(TextTower(encoder, head, vocabulary), encoder_part.name, dimensions)


def _after_trial(tower: TextTower, name: str, dimensions: int) -> TextTower:
    """Return the tower after it has embedded a caption, so that a fault of a component shows before training."""
    tower.eval()
    tokens: Any = tower.tokens(["a dress"])
    if not isinstance(tokens, np.ndarray) or tokens.dtype != np.int64 or tokens.ndim != 2 or len(tokens) != 1:
        raise FsimError(
            f"text_encoder '{name}' gives for a caption no int64 array [1, L] of tokens, as "
            f"fsim.interfaces.TextEncoder wants it; ask its author to fix it"
        )
    try:
        with torch.no_grad():
            shape = tuple(tower(torch.from_numpy(tokens)).shape)
    except (RuntimeError, KeyError) as error:
        raise FsimError(
            f"text_encoder '{name}' can't read a caption ({str(error).splitlines()[0]}); ask its author, or that "
            f"of model.text_head, to fix it"
        ) from error
    if shape != (1, dimensions):
        raise FsimError(f"text_encoder '{name}' and its head give a caption {shape} in place of {(1, dimensions)}")
    return tower
