"""A network of a few weights, as a run has one."""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Tensor, nn

from fsim.export.pixel_network import PixelNetwork
from fsim.images.normalise import Normalise
from fsim.interfaces import Distance
from fsim.model.network import Network

SIZE = 8


class Backbone(nn.Module):
    out_features = 4

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3)

    def forward(self, images: Tensor) -> Tensor:
        return self.conv(images).relu().mean((2, 3))


class Head(nn.Module):
    gives: ClassVar[frozenset[str]] = frozenset({"logits", "embedding"})
    distance: Distance = "cosine"
    embedding_dim = 5

    def __init__(self) -> None:
        super().__init__()
        self.embed, self.category = nn.Linear(4, 5), nn.Linear(4, 2)

    def forward(self, features: Tensor) -> dict[str, Tensor]:
        return {"logits": self.category(features), "embedding": self.embed(features)}


def tiny(flip: bool = False) -> PixelNetwork:
    torch.manual_seed(0)
    return PixelNetwork(Network(Backbone(), Head()), Normalise([0.5, 0.4, 0.3], [0.2, 0.3, 0.4]), flip)


def pixels(count: int) -> Tensor:
    """uint8 [count, S, S, 3]"""
    return torch.randint(
        0, 256, (count, SIZE, SIZE, 3), dtype=torch.uint8, generator=torch.Generator().manual_seed(count)
    )
