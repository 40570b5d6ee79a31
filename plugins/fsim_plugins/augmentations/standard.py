"""The augmentation of a usual training from scratch: resized crop, flip, colour and erasing.

Shape legend: B batch, S image size, K images of the batch that are changed.
"""

from __future__ import annotations

import math
from typing import Annotated

import numpy as np
import torch
from pydantic import Field
from torch import Tensor
from torch.nn import functional as F

Share = Annotated[float, Field(ge=0, le=1)]
Strength = Annotated[float, Field(ge=0, le=1)]

LUMA = (0.299, 0.587, 0.114)  # ITU-R BT.601, as in Pillow's and torchvision's grey
SMALLEST_ERASED = 0.02  # share of the area; Zhong et al. 2020, section 4
ERASED_ASPECT = 10 / 3


class Standard:
    """Random resized crop, horizontal flip, colour jitter and random erasing, drawn anew for each image.

    In this order; a step whose first parameter is 0 is left out, and with all of them 0 this is `none`.

    Crop (Szegedy et al. 2015, "Going deeper with convolutions", section 6): a rectangle of a share of the area drawn
    from [1 - crop, 1] and a ratio of width to height drawn log-uniformly from [1 / (1 + aspect), 1 + aspect], its
    sides cut to the image's, at a place drawn uniformly, is resized to the whole image (bilinear).

    Flip: left and right are exchanged.

    Colour: with w the weights of grey, g(x) = w . x and m the mean of g over the image,

        x' = b c (s x + (1 - s) g(x)) + b (1 - c) m,    clipped to [0, 255]

    b, c and s drawn uniformly from [1 - strength, 1 + strength]: torchvision's ColorJitter without hue, with one
    clipping instead of three. Hue is left alone: the colour of a garment is part of what makes it similar.

    Erasing (Zhong et al. 2020, "Random erasing data augmentation"): a rectangle of a share of the area drawn from
    [0.02, erasing_area] and a ratio drawn log-uniformly from [0.3, 3.33] is filled with random values.

    Args:
        crop: Largest share of the area that a crop leaves out, 0 to 1 (Szegedy: 0.92, for a million photographs).
        aspect: How far a crop's shape may leave the square, at least 0 (Szegedy: 1/3).
        flip: Probability of a flip, 0 to 1.
        brightness: Strength, 0 to 1.
        contrast: Strength, 0 to 1.
        saturation: Strength, 0 to 1.
        erasing: Probability that a part is erased, 0 to 1 (Zhong: 0.5).
        erasing_area: Largest share of the area that is erased, 0.02 to 1 (Zhong: 0.4).
    """

    def __init__(
        self,
        crop: Annotated[float, Field(ge=0, lt=1)] = 0.5,
        aspect: Annotated[float, Field(ge=0)] = 1 / 3,
        flip: Share = 0.5,
        brightness: Strength = 0.2,
        contrast: Strength = 0.2,
        saturation: Strength = 0.2,
        erasing: Share = 0.25,
        erasing_area: Annotated[float, Field(ge=SMALLEST_ERASED, le=1)] = 0.2,
    ) -> None:
        self.crop, self.aspect, self.flip = crop, aspect, flip
        self.brightness, self.contrast, self.saturation = brightness, contrast, saturation
        self.erasing, self.erasing_area = erasing, erasing_area

    def __call__(self, images: Tensor, rng: np.random.Generator) -> Tensor:
        """uint8 [B, 3, S, S] -> the same shape, channels last; float32 where colours are changed, else uint8."""
        changed = images
        if self.crop:
            changed = self._cropped(changed, rng)
        if self.flip:
            flipped = torch.from_numpy(rng.random(len(images)) < self.flip)
            changed = torch.where(flipped[:, None, None, None], changed.flip(3), changed)
        if self.brightness or self.contrast or self.saturation:
            changed = self._coloured(changed, rng)
        if self.erasing:
            changed = self._erased(changed, rng)
        return changed

    def _cropped(self, images: Tensor, rng: np.random.Generator) -> Tensor:
        size = images.shape[-1]
        share = rng.uniform(1 - self.crop, 1, len(images))
        boxes = _boxes(size, share, 1 + self.aspect, rng)
        cropped = torch.empty_like(images)
        # torch's uint8 resize, one image at a time, is five times as fast as grid_sample on the batch.
        for image, (top, left, height, width) in enumerate(boxes):
            part = images[image : image + 1, :, top : top + height, left : left + width]
            cropped[image] = F.interpolate(part, (size, size), mode="bilinear", antialias=True)[0]
        return cropped

    def _coloured(self, images: Tensor, rng: np.random.Generator) -> Tensor:
        batch, channels, size, _ = images.shape
        strengths = np.array([self.brightness, self.contrast, self.saturation])
        factors = torch.from_numpy(rng.uniform(1 - strengths, 1 + strengths, (batch, 3)).astype(np.float32))
        brightness, contrast, saturation = factors[:, :, None, None].unbind(1)  # [B, 1, 1] each
        planes = images.contiguous().view(batch, channels, size * size).to(torch.float32)  # [B, 3, S * S]
        to_grey = torch.tensor(LUMA).expand(channels, channels)  # [3, 3]: each row gives grey
        mix = brightness * contrast * (saturation * torch.eye(channels) + (1 - saturation) * to_grey)
        mean_grey = to_grey @ planes.mean(2, keepdim=True)  # [B, 3, 1]
        mixed = torch.baddbmm(brightness * (1 - contrast) * mean_grey, mix, planes).clamp_(0, 255)
        return mixed.view(images.shape).contiguous(memory_format=torch.channels_last)

    def _erased(self, images: Tensor, rng: np.random.Generator) -> Tensor:
        size = images.shape[-1]
        chosen = np.flatnonzero(rng.random(len(images)) < self.erasing)  # [K]
        share = rng.uniform(SMALLEST_ERASED, self.erasing_area, len(chosen))
        erased = images.clone()
        for image, (top, left, height, width) in zip(chosen, _boxes(size, share, ERASED_ASPECT, rng), strict=True):
            noise = torch.from_numpy(rng.integers(0, 256, (height, width, 3), dtype=np.uint8))
            erased[image, :, top : top + height, left : left + width] = noise.permute(2, 0, 1)
        return erased


def _boxes(
    size: int, share: np.ndarray[tuple[int], np.dtype[np.float64]], most_aspect: float, rng: np.random.Generator
) -> list[list[int]]:
    """A random rectangle for each share of a square's area -> [top, left, height, width] each, in whole pixels."""
    limit = math.log(most_aspect)
    aspect = np.exp(rng.uniform(-limit, limit, len(share)))
    sides = size * np.sqrt(np.stack([share / aspect, share * aspect], axis=1))  # height, width
    whole = np.clip(np.rint(sides), 1, size).astype(np.int64)
    corner = rng.integers(0, size - whole + 1)
    return np.concatenate([corner, whole], axis=1).tolist()
