"""Similarity, category and attributes are learned together."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field
from torch import Tensor, nn

from fsim.interfaces import Distance


class SiamCatAttr(nn.Module):
    """Type C of Bell & Bala 2015 with a third branch: embedding, category and attributes all leave the feature.

    One backbone for categories and attributes is that of FashionNet (Liu et al., "DeepFashion: powering robust clothes
    recognition and retrieval with rich annotations", CVPR 2016, section 4), here without its pooling by landmarks.

    Args:
        embedding_dim: D; Bell & Bala's is 256.
        distance: how the embeddings are to be compared: `euclidean` with the contrastive loss (Bell & Bala), `cosine`
            with a loss on the unit sphere (supcon, info_nce, cosine_contrastive, ...).
    """

    gives: ClassVar[frozenset[str]] = frozenset({"embedding", "logits", "attribute_logits"})

    def __init__(
        self,
        in_features: int,
        num_categories: int,
        num_attributes: int,
        embedding_dim: Annotated[int, Field(ge=2)] = 256,
        distance: Distance = "euclidean",
    ) -> None:
        super().__init__()
        self.embedding_dim = embedding_dim
        self.distance: Distance = distance
        self.embed = nn.Linear(in_features, embedding_dim)
        self.category = nn.Linear(in_features, num_categories)
        self.attribute = nn.Linear(in_features, num_attributes)

    def forward(self, features: Tensor) -> dict[str, Tensor]:
        """[B, F] -> embedding [B, D], logits [B, C], attribute_logits [B, A]."""
        return {
            "embedding": self.embed(features),
            "logits": self.category(features),
            "attribute_logits": self.attribute(features),
        }
