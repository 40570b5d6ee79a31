"""Augmentations of training images.

Shape legend: B batch, S image size.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Protocol, runtime_checkable

import numpy as np

if TYPE_CHECKING:
    from torch import Tensor


@runtime_checkable
class Augmentation(Protocol):
    """Changes a batch of training images."""

    @abstractmethod
    def __call__(self, images: Tensor, rng: np.random.Generator) -> Tensor:
        """uint8 [B, 3, S, S] (channels last in memory; must not be written to) -> the same shape, uint8, or float32
        on the same scale of 0 to 255. All randomness comes from `rng`."""
        ...
