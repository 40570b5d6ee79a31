"""No augmentation: training images as they lie in the cache."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor


class NoAugmentation:
    """Returns the batch as it is."""

    def __call__(self, images: Tensor, rng: np.random.Generator) -> Tensor:
        """uint8 [B, 3, S, S] -> the same tensor."""
        return images
