"""The parts of a network, and how a backbone wants its pictures prepared.

Shape legend: B batch, S image size, F features, D embedding, C categories, A attributes, L words of a caption.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal, Protocol, runtime_checkable

from fsim.interfaces.arrays import IntArray

if TYPE_CHECKING:
    from torch import Tensor

Resize = Literal["squash", "pad", "crop"]
Interpolation = Literal["bilinear", "bicubic"]
Distance = Literal["cosine", "euclidean"]


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


@runtime_checkable
class Backbone(Protocol):
    """An nn.Module: normalised images float [B, 3, S, S] -> features [B, F]. Images of a size that it cannot take raise
    RuntimeError or ValueError.

    One whose weights were made with pictures of a certain size, mean, interpolation, ... states them as `preparation`,
    of the class or of the instance. A recipe takes from it, key by key, what it does not give itself.
    """

    out_features: int  # F
    preparation: BackbonePreparation | None = None

    @abstractmethod
    def __call__(self, images: Tensor) -> Tensor: ...


@runtime_checkable
class TextEncoder(Protocol):
    """An nn.Module: captions as tokens int64 [B, L] -> features [B, F].

    Injected: `vocabulary` (`fsim.functional.text.vocabulary.Vocabulary`), the words of the training images' captions.
    One that does not ask for it has words of its own.
    """

    out_features: int  # F

    @abstractmethod
    def tokens(self, captions: Sequence[str]) -> IntArray:
        """[B] -> int64 [B, L], L at least 1: numbers of what a caption consists of, 0 behind its end. L is
        that of the longest caption; of one that is too long for the encoder the beginning counts."""
        ...

    @abstractmethod
    def __call__(self, tokens: Tensor) -> Tensor:
        """[B, L] -> [B, F]. What stands for a caption does not depend on those beside it, nor on L."""
        ...


@runtime_checkable
class Head(Protocol):
    """An nn.Module: features [B, F] -> {"embedding": [B, D], and, where `gives` says so, "logits": [B, C] of the
    categories and "attribute_logits": [B, A]}.

    Injected: `in_features` (F), `num_categories` (C), `num_attributes` (A; a head that asks for it gets 1 or more).
    A second one, `model.text_head`, may do the same for the features of captions; its embeddings lie in one space with
    those of the images.
    """

    gives: ClassVar[frozenset[str]]  # keys of what forward returns; losses ask for any of them by name
    distance: Distance  # how its embeddings are to be compared
    embedding_dim: int  # D

    @abstractmethod
    def __call__(self, features: Tensor) -> dict[str, Tensor]: ...
