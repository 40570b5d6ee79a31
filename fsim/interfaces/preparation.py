"""How a backbone wants its pictures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Resize = Literal["squash", "pad", "crop"]
Interpolation = Literal["bilinear", "bicubic"]


@dataclass(frozen=True)
class BackbonePreparation:
    """What a backbone states of the pictures that its weights were made with, as its attribute `preparation`.

    A field that is None states nothing. What a recipe gives itself overrides what the backbone states, key by key.

    size           `data.image_size`: the side of the square that the network sees, in pixels
    resize         `data.resize`: how a picture becomes a square: squash, pad or crop
    crop_share     `data.crop_share`, timm's crop_pct: the square is the middle of a picture resized to size / share
    interpolation  `data.interpolation`: bilinear or bicubic, both antialiased
    mean, std      `data.mean`, `data.std`: of red, green and blue, on the scale of 0 to 1
    """

    size: int | None = None
    resize: Resize | None = None
    crop_share: float | None = None
    interpolation: Interpolation | None = None
    mean: tuple[float, float, float] | None = None
    std: tuple[float, float, float] | None = None
