"""Type D of Bell & Bala: as type C, with the embedding on the unit sphere."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional as F

from fsim.interfaces import Distance


class SiamCatCos(nn.Module):
    """Type D `siam_cat_cos` (Bell & Bala 2015, fig. 6D): the embedding is L2-normalised; the category branches off
    before the normalisation.

    Args:
        embedding_dim: D; the paper's is 256.
    """

    gives: ClassVar[frozenset[str]] = frozenset({"embedding", "logits"})
    distance: Distance = "cosine"

    def __init__(self, in_features: int, num_categories: int, embedding_dim: Annotated[int, Field(ge=2)] = 256) -> None:
        super().__init__()
        self.embedding_dim = embedding_dim
        self.embed = nn.Linear(in_features, embedding_dim)
        self.category = nn.Linear(in_features, num_categories)

    def forward(self, features: Tensor) -> dict[str, Tensor]:
        """[B, F] -> embedding [B, D] of unit length, logits [B, C]."""
        embedding = F.normalize(self.embed(features).float(), dim=1)
        return {"embedding": embedding, "logits": self.category(features)}
