"""The suite for plugin authors finds the mistakes that it is for."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from fsim.interfaces import Augmentation
from fsim.testing.augmentation_contract import AugmentationContract


class Good:
    """Makes each image darker by a share of its own."""

    def __call__(self, images: Tensor, rng: np.random.Generator) -> Tensor:
        return images * torch.from_numpy(rng.uniform(0.5, 1, len(images)).astype(np.float32)).view(-1, 1, 1, 1)


class TestGood(AugmentationContract):
    def make(self) -> Augmentation:
        return Good()


class Cropped(Good):
    def __call__(self, images: Tensor, rng: np.random.Generator) -> Tensor:
        return images[:, :, 1:, 1:]


class OfOne(Good):
    def __call__(self, images: Tensor, rng: np.random.Generator) -> Tensor:
        return super().__call__(images, rng) / 255 - 1


class Brighter(Good):
    def __call__(self, images: Tensor, rng: np.random.Generator) -> Tensor:
        return images + torch.full((1,), 50.0)


class Double(Good):
    def __call__(self, images: Tensor, rng: np.random.Generator) -> Tensor:
        return images.double()


class NeedsImages(Good):
    def __call__(self, images: Tensor, rng: np.random.Generator) -> Tensor:
        return images // images.max() * 255


class Stretched(Good):
    def __call__(self, images: Tensor, rng: np.random.Generator) -> Tensor:
        low, high = images.amin((1, 2, 3), keepdim=True), images.amax((1, 2, 3), keepdim=True)
        return 255 * (images - low) / (high - low)


class Writes(Good):
    def __call__(self, images: Tensor, rng: np.random.Generator) -> Tensor:
        return images.mul_(0)


class GlobalChance(Good):
    def __call__(self, images: Tensor, rng: np.random.Generator) -> Tensor:
        return images * torch.rand(len(images), 1, 1, 1)


class Remembers(Good):
    calls = 0

    def __call__(self, images: Tensor, rng: np.random.Generator) -> Tensor:
        self.calls += 1
        return images // self.calls


class Mixes(Good):
    def __call__(self, images: Tensor, rng: np.random.Generator) -> Tensor:
        return (images.float() + images.roll(1, 0)) / 2


class Unsendable(Good):
    def __init__(self) -> None:
        self.function = lambda images: images


@pytest.mark.parametrize(
    ("broken", "check", "arguments"),
    [
        (Cropped, "test_images_stay_images", (5, 8)),
        (OfOne, "test_images_stay_images", (5, 8)),
        (Brighter, "test_images_stay_images", (5, 8)),
        (Double, "test_images_stay_images", (1, 8)),
        (NeedsImages, "test_an_empty_batch_stays_empty", ()),
        (Stretched, "test_plain_images_stay_images", ("black",)),
        (Writes, "test_images_are_not_written_to", (5, 8)),
        (GlobalChance, "test_all_chance_comes_from_the_generator_that_is_given", ()),
        (GlobalChance, "test_leaves_the_global_generators_alone", ()),
        (Remembers, "test_all_chance_comes_from_the_generator_that_is_given", ()),
        (Mixes, "test_an_image_does_not_depend_on_the_pixels_of_its_neighbours", ()),
        (Unsendable, "test_can_be_sent_to_another_process", ()),
    ],
)
def test_a_mistake_is_found(broken: type, check: str, arguments: tuple[Any, ...]) -> None:
    class Suite(AugmentationContract):
        def make(self) -> Augmentation:
            return broken()  # type: ignore[no-any-return]

    with pytest.raises((AssertionError, AttributeError, RuntimeError)):
        getattr(Suite(), check)(*arguments)


def test_mixing_may_be_declared() -> None:
    class Suite(AugmentationContract):
        mixes_images = True

        def make(self) -> Augmentation:
            return Mixes()

    with pytest.raises(pytest.skip.Exception):
        Suite().test_an_image_does_not_depend_on_the_pixels_of_its_neighbours()
