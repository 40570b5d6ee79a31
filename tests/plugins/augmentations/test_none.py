"""No augmentation."""

from __future__ import annotations

import numpy as np
import torch

from fsim_plugins.augmentations.none import NoAugmentation


def test_returns_the_batch_and_draws_nothing() -> None:
    images = torch.randint(0, 256, (2, 3, 8, 8), dtype=torch.uint8)
    rng = np.random.default_rng(0)
    assert NoAugmentation()(images, rng) is images
    assert rng.random() == np.random.default_rng(0).random()
