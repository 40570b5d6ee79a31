"""Type B of Bell & Bala: similarity alone is learned."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field
from torch import Tensor, nn

from fsim.interfaces import Distance


class Siam(nn.Module):
    """Type B `siam` (Bell & Bala 2015, fig. 6B): feature -> embedding, no category.

    Args:
        embedding_dim: D; the paper's is 256.
        distance: how the embeddings are to be compared: `euclidean` with the contrastive loss (the paper), `cosine`
            with a loss on the unit sphere (supcon, info_nce, cosine_contrastive, ...).
    """

    gives: ClassVar[frozenset[str]] = frozenset({"embedding"})

    def __init__(
        self,
        in_features: int,
        embedding_dim: Annotated[int, Field(ge=2)] = 256,
        distance: Distance = "euclidean",
    ) -> None:
        super().__init__()
        self.embedding_dim = embedding_dim
        self.distance: Distance = distance
        self.embed = nn.Linear(in_features, embedding_dim)

    def forward(self, features: Tensor) -> dict[str, Tensor]:
        """[B, F] -> embedding [B, D]."""
        return {"embedding": self.embed(features)}
