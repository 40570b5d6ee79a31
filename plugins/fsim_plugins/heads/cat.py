"""Type A of Bell & Bala: the category alone is learned."""

from __future__ import annotations

from typing import ClassVar

from torch import Tensor, nn

from fsim.interfaces import Distance


class Cat(nn.Module):
    """Type A `cat` (Bell & Bala 2015, fig. 6A): feature -> category; the embedding is the feature itself.

    Embeddings are compared by cosine (the paper's better choice for this type, fig. 12).
    """

    gives: ClassVar[frozenset[str]] = frozenset({"embedding", "logits"})
    distance: Distance = "cosine"

    def __init__(self, in_features: int, num_categories: int) -> None:
        super().__init__()
        self.embedding_dim = in_features
        self.category = nn.Linear(in_features, num_categories)

    def forward(self, features: Tensor) -> dict[str, Tensor]:
        """[B, F] -> embedding [B, F], logits [B, C]."""
        return {"embedding": features, "logits": self.category(features)}
