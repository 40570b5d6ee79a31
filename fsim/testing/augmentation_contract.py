"""What every augmentation must hold, as tests to inherit. For authors of plugins; needs pytest.

    class TestMyAugmentation(AugmentationContract):
        def make(self) -> Augmentation:
            return MyAugmentation(strength=0.5)

Shape legend: B batch, S image size.
"""

from __future__ import annotations

import pickle
import random
import warnings
from typing import ClassVar

import numpy as np
import pytest
import torch
from torch import Tensor

from fsim.interfaces import Augmentation

BATCHES = [(1, 8), (1, 65), (5, 8), (5, 32), (3, 65)]  # B, S


class AugmentationContract:
    """Inherit it, give `make`, and name the class `Test...`."""

    mixes_images: ClassVar[bool] = False  # whether an image may get pixels of others of its batch

    def make(self) -> Augmentation:
        """A new augmentation, of settings under which it changes something."""
        raise NotImplementedError

    @pytest.mark.parametrize(("batch", "size"), BATCHES)
    def test_images_stay_images(self, batch: int, size: int) -> None:
        for seed in range(5):
            augmented(self.make(), images(batch, size), seed)

    def test_an_empty_batch_stays_empty(self) -> None:
        augmented(self.make(), images(0, 32))

    @pytest.mark.parametrize("pixels", ["black", "white", "one colour"])
    def test_plain_images_stay_images(self, pixels: str) -> None:
        batch = images(4, 32)
        colours = {"black": 0, "white": 255, "one colour": torch.tensor([250, 3, 120]).view(3, 1, 1)}
        batch[:] = torch.as_tensor(colours[pixels], dtype=torch.uint8)
        augmented(self.make(), batch)

    @pytest.mark.parametrize(("batch", "size"), BATCHES)
    def test_images_are_not_written_to(self, batch: int, size: int) -> None:
        """They may lie in a file that is mapped for reading."""
        pixels = drawn(batch, size)
        pixels.flags.writeable = False
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # torch warns of memory that may not be written to
            given = torch.from_numpy(pixels).permute(0, 3, 1, 2)
        augmented(self.make(), given)
        np.testing.assert_array_equal(pixels, drawn(batch, size), err_msg="the images were written to")

    def test_all_chance_comes_from_the_generator_that_is_given(self) -> None:
        first = augmented(self.make(), images(5, 32), seed=3)
        used = self.make()
        augmented(used, images(2, 16), seed=4)  # what was done before does not count
        for global_seed in (1, 2):
            _seed_globals(global_seed)
            assert torch.equal(augmented(used, images(5, 32), seed=3), first), "the same generator, another result"

    def test_leaves_the_global_generators_alone(self) -> None:
        _seed_globals(5)
        expected = _draw_globals()
        _seed_globals(5)
        augmented(self.make(), images(5, 32))
        assert _draw_globals() == expected

    def test_an_image_does_not_depend_on_the_pixels_of_its_neighbours(self) -> None:
        if self.mixes_images:
            pytest.skip("it mixes the images of a batch")
        batch = images(5, 32)
        others = batch.clone()
        others[1:] = 255 - others[1:]
        first, second = (augmented(self.make(), given, seed=3)[0] for given in (batch, others))
        assert torch.equal(first, second)

    def test_can_be_sent_to_another_process(self) -> None:
        augmentation = self.make()
        sent = pickle.loads(pickle.dumps(augmentation))
        assert torch.equal(augmented(sent, images(5, 32)), augmented(augmentation, images(5, 32)))


def augmented(augmentation: Augmentation, batch: Tensor, seed: int = 0) -> Tensor:
    """The batch as the augmentation changes it, held against what it promises."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        changed = augmentation(batch, np.random.default_rng(seed))
    assert changed.shape == batch.shape
    assert changed.dtype in (torch.uint8, torch.float32)
    if len(changed):
        assert changed.isfinite().all()
        assert changed.min() >= 0
        assert changed.max() <= 255, "levels are from 0 to 255, whatever the type"
    return changed


def drawn(batch: int, size: int) -> np.ndarray:
    """Uint8 [batch, size, size, 3]."""
    return np.random.default_rng(size).integers(0, 256, (batch, size, size, 3), dtype=np.uint8)


def images(batch: int, size: int) -> Tensor:
    """Uint8 [batch, 3, size, size], channels last in memory, as the cache gives them."""
    return torch.from_numpy(drawn(batch, size)).permute(0, 3, 1, 2)


def _seed_globals(seed: int) -> None:
    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)


def _draw_globals() -> tuple[float, float, float]:
    return random.random(), np.random.random(), float(torch.rand(()))
