"""Resizing without torch."""

from __future__ import annotations

import numpy as np
import torch
from hypothesis import example, given
from hypothesis import strategies as st
from torch.nn import functional as F

from fsim.images.resample import bilinear_by_numpy

SIDES = st.integers(1, 90)


@given(height=SIDES, width=SIDES, new_height=SIDES, new_width=SIDES, contrast=st.booleans(), seed=st.integers(0, 99))
@example(height=1500, width=900, new_height=3, new_width=224, contrast=True, seed=0)
def test_the_pixels_are_those_of_torch(
    height: int, width: int, new_height: int, new_width: int, contrast: bool, seed: int
) -> None:
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)
    if contrast:
        pixels = np.where(pixels > 127, 255, 0).astype(np.uint8)
    image = torch.from_numpy(pixels).permute(2, 0, 1)[None]
    expected = F.interpolate(image, (new_height, new_width), mode="bilinear", antialias=True)[0].permute(1, 2, 0)
    assert (bilinear_by_numpy(pixels, new_height, new_width) == expected.numpy()).all()
