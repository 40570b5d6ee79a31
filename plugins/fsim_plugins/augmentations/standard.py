"""The augmentation of a usual training from scratch: resized crop, flip, colour and erasing.

Shape legend: B batch, S image size, K rectangles.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated

import numpy as np
import torch
from pydantic import Field
from torch import Tensor
from torch.nn import functional as F

Fraction = Annotated[float, Field(ge=0, le=1)]

if TYPE_CHECKING:
    import numpy.typing as npt

    FloatArray = npt.NDArray[np.float64]

GREY = (0.299, 0.587, 0.114)  # weights of red, green and blue; ITU-R BT.601
SMALLEST_ERASED = 0.02  # share of the area; Zhong et al. 2020, section 4
ERASED_ASPECT = 10 / 3


class Standard:
    """Random resized crop, horizontal flip, colour jitter and random erasing, drawn anew for each image.

    In this order; a step whose parameters are 0 is left out, and with all of them 0 this is `none`.

    Crop (Szegedy et al. 2015, "Going deeper with convolutions", section 6): a rectangle at a random place is
    resized to the whole image (bilinear). Its share of the area is drawn from [1 - crop, 1], its ratio of
    width to height log-uniformly from [1 / (1 + aspect), 1 + aspect]; a side longer than the image's is cut
    to it.

    Flip: left and right are exchanged.

    Colour: with g(x) the grey of a pixel x (ITU-R BT.601) and m the mean of g over the image,

        x' = b c (s x + (1 - s) g(x)) + b (1 - c) m,    clipped to [0, 255]

    with b from [1 - brightness, 1 + brightness], c and s likewise: torchvision's ColorJitter, clipped once
    instead of thrice, and without hue, because the colour of a garment is part of what makes it similar.

    Erasing (Zhong et al. 2020, "Random erasing data augmentation"): a rectangle is filled with random values.
    Its share of the area is drawn from [0.02, erasing_area], its ratio log-uniformly from [0.3, 3.33].

    Args:
        crop: Largest share of the area that a crop leaves out, 0 to 1 (Szegedy: 0.92).
        aspect: How far a crop's shape may leave the square, at least 0 (Szegedy: 1/3). Without crop it does nothing.
        flip: Probability of a flip, 0 to 1.
        brightness: Largest relative change, 0 to 1.
        contrast: Largest relative change, 0 to 1.
        saturation: Largest relative change, 0 to 1.
        erasing: Probability that a part is erased, 0 to 1 (Zhong: 0.5).
        erasing_area: Largest share of the area that is erased, 0.02 to 1 (Zhong: 0.4).
    """

    def __init__(
        self,
        crop: Annotated[float, Field(ge=0, lt=1)] = 0.5,
        aspect: Annotated[float, Field(ge=0)] = 1 / 3,
        flip: Fraction = 0.5,
        brightness: Fraction = 0.2,
        contrast: Fraction = 0.2,
        saturation: Fraction = 0.2,
        erasing: Fraction = 0.25,
        erasing_area: Annotated[float, Field(ge=SMALLEST_ERASED, le=1)] = 0.2,
    ) -> None:
        self.crop, self.aspect, self.flip = crop, aspect, flip
        self.brightness, self.contrast, self.saturation = brightness, contrast, saturation
        self.erasing, self.erasing_area = erasing, erasing_area

    def __call__(self, images: Tensor, rng: np.random.Generator) -> Tensor:
        """uint8 [B, 3, S, S] -> the same shape, channels last; float32 if colours are changed, else uint8."""
        changed = images
        if self.crop:
            changed = self._cropped(changed, rng)
        if self.flip:
            changed = self._flipped(changed, rng)
        if self.brightness or self.contrast or self.saturation:
            changed = self._coloured(changed, rng)
        if self.erasing:
            changed = self._erased(changed, rng)
        return changed

    def _cropped(self, images: Tensor, rng: np.random.Generator) -> Tensor:
        size = images.shape[-1]
        share = rng.uniform(1 - self.crop, 1, len(images))
        return resized_parts(images, random_boxes(size, share, 1 + self.aspect, rng))

    def _flipped(self, images: Tensor, rng: np.random.Generator) -> Tensor:
        flipped = images.clone()
        for image in np.flatnonzero(rng.random(len(images)) < self.flip):
            flipped[image] = images[image].flip(2)
        return flipped

    def _coloured(self, images: Tensor, rng: np.random.Generator) -> Tensor:
        batch, channels, size, _ = images.shape
        strengths = np.array([self.brightness, self.contrast, self.saturation])
        factors = torch.from_numpy(rng.uniform(1 - strengths, 1 + strengths, (batch, 3)).astype(np.float32))
        brightness, contrast, saturation = factors[:, :, None, None].unbind(1)  # [B, 1, 1] each
        planes = images.contiguous().view(batch, channels, size * size).to(torch.float32)  # [B, 3, S * S]
        to_grey = torch.tensor(GREY).expand(channels, channels)  # [3, 3]: each row gives grey
        mix = brightness * contrast * (saturation * torch.eye(channels) + (1 - saturation) * to_grey)
        mean_grey = to_grey @ planes.mean(2, keepdim=True)  # [B, 3, 1]
        mixed = torch.baddbmm(brightness * (1 - contrast) * mean_grey, mix, planes).clamp_(0, 255)
        return mixed.view(images.shape).contiguous(memory_format=torch.channels_last)

    def _erased(self, images: Tensor, rng: np.random.Generator) -> Tensor:
        size = images.shape[-1]
        chosen = np.flatnonzero(rng.random(len(images)) < self.erasing)
        share = rng.uniform(SMALLEST_ERASED, self.erasing_area, len(chosen))
        erased = images.clone()
        boxes = random_boxes(size, share, ERASED_ASPECT, rng)
        for image, (top, left, height, width) in zip(chosen, boxes, strict=True):
            noise = torch.from_numpy(rng.integers(0, 256, (height, width, 3), dtype=np.uint8))
            erased[image, :, top : top + height, left : left + width] = noise.permute(2, 0, 1)
        return erased


def random_boxes(size: int, share: FloatArray, most_aspect: float, rng: np.random.Generator) -> list[list[int]]:
    """Shares [K] of a square's area -> K rectangles in it at random: [top, left, height, width] in pixels.

    Width / height is drawn from [1 / most_aspect, most_aspect], log-uniformly.
    """
    limit = math.log(most_aspect)
    aspect = np.exp(rng.uniform(-limit, limit, len(share)))
    sides = size * np.sqrt(np.stack([share / aspect, share * aspect], axis=1))  # height, width
    whole = np.clip(np.rint(sides), 1, size).astype(np.int64)
    corner = rng.integers(0, size - whole + 1)
    boxes: list[list[int]] = np.concatenate([corner, whole], axis=1).tolist()
    return boxes


def resized_parts(images: Tensor, boxes: list[list[int]]) -> Tensor:
    """uint8 [B, 3, S, S] and [top, left, height, width] for each -> those parts, as large as the images.

    torch's resize of uint8, one image at a time, is five times as fast as `grid_sample` on the batch.
    """
    resized = torch.empty_like(images)
    for image, (top, left, height, width) in enumerate(boxes):
        part = images[image : image + 1, :, top : top + height, left : left + width]
        resized[image] = F.interpolate(part, images.shape[2:], mode="bilinear", antialias=True)[0]
    return resized
