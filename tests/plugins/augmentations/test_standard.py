"""The standard augmentation, each step against a slow one that works on one image, or one pixel, at a time."""

from __future__ import annotations

from typing import get_type_hints

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageEnhance
from pydantic import TypeAdapter, ValidationError
from torch import Tensor

from fsim_plugins.augmentations.standard import Standard, random_boxes, resized_parts

OFF = {"crop": 0, "flip": 0, "brightness": 0, "contrast": 0, "saturation": 0, "erasing": 0}
STEPS = [{"crop": 0.9}, {"flip": 1.0}, {"brightness": 1}, {"contrast": 1}, {"saturation": 1}, {"erasing": 1.0}]


def only(**switched_on: float) -> Standard:
    return Standard(**{**OFF, **switched_on})


def noise(batch: int, size: int, seed: int = 0) -> Tensor:
    pixels = np.random.default_rng(seed).integers(0, 256, (batch, size, size, 3), dtype=np.uint8)
    return torch.from_numpy(pixels).permute(0, 3, 1, 2)


def ramps(batch: int, size: int) -> Tensor:
    """Red grows to the right and green downwards, by 3 a pixel: from a part, its place and size can be read."""
    y, x = 3 * np.mgrid[:size, :size]
    pixels = np.stack([x, y, np.zeros_like(x)], axis=2).astype(np.uint8)
    return torch.from_numpy(np.repeat(pixels[None], batch, axis=0)).permute(0, 3, 1, 2)


@settings(max_examples=60, deadline=None)
@given(
    batch=st.integers(0, 3),
    size=st.integers(8, 64),
    crop=st.floats(0, 0.99),
    aspect=st.floats(0, 3),
    flip=st.floats(0, 1),
    colour=st.tuples(st.floats(0, 1), st.floats(0, 1), st.floats(0, 1)),
    erasing=st.floats(0, 1),
    erasing_area=st.floats(0.02, 1),
    seed=st.integers(0, 2**32),
)
def test_contract(
    batch: int,
    size: int,
    crop: float,
    aspect: float,
    flip: float,
    colour: tuple[float, float, float],
    erasing: float,
    erasing_area: float,
    seed: int,
) -> None:
    augmentation = Standard(crop, aspect, flip, *colour, erasing, erasing_area)
    images = noise(batch, size)
    before = images.clone()
    changed = augmentation(images, np.random.default_rng(seed))
    assert torch.equal(images, before)
    assert changed.shape == images.shape
    assert changed.permute(0, 2, 3, 1).is_contiguous()
    assert changed.dtype == (torch.float32 if any(colour) else torch.uint8)
    if batch:
        assert 0 <= changed.min() <= changed.max() <= 255
    assert torch.equal(changed, augmentation(images, np.random.default_rng(seed)))


def test_all_randomness_is_the_generators() -> None:
    images = noise(8, 16)
    torch.manual_seed(1)
    np.random.seed(1)
    one = Standard()(images, np.random.default_rng(5))
    torch.manual_seed(2)
    np.random.seed(2)
    assert torch.equal(one, Standard()(images, np.random.default_rng(5)))
    assert not torch.equal(one, Standard()(images, np.random.default_rng(6)))


def test_switched_off_it_is_none() -> None:
    images = noise(4, 16)
    rng = np.random.default_rng(0)
    assert only()(images, rng) is images
    assert rng.random() == np.random.default_rng(0).random()


@pytest.mark.parametrize("step", STEPS)
def test_each_step_changes_images_each_in_its_own_way(step: dict[str, float]) -> None:
    image = noise(1, 16)
    images = image.repeat(6, 1, 1, 1).contiguous(memory_format=torch.channels_last)
    changed = only(**step)(images, np.random.default_rng(0)).float()
    different = {tuple(each.flatten().tolist()) for each in changed}
    assert len(different) == (1 if "flip" in step else 6)
    assert not any(torch.equal(each, image[0].float()) for each in changed)


def test_flip_mirrors_left_and_right_or_nothing() -> None:
    images = noise(400, 8)
    mirrored = images.numpy()[:, :, :, ::-1]
    changed = only(flip=0.25)(images, np.random.default_rng(0)).numpy()
    is_mirrored = (changed == mirrored).all(axis=(1, 2, 3))
    assert ((changed == images.numpy()).all(axis=(1, 2, 3)) != is_mirrored).all()
    assert 70 < is_mirrored.sum() < 130
    assert (only(flip=1)(images, np.random.default_rng(0)).numpy() == mirrored).all()


def test_boxes_have_the_area_and_shape_asked_for_and_lie_in_the_square() -> None:
    size, share = 200, np.random.default_rng(0).uniform(0.1, 0.4, 2000)
    top, left, height, width = np.array(random_boxes(size, share, 1.5, np.random.default_rng(1))).T
    assert min(top.min(), left.min()) == 0
    assert (top + height).max() == (left + width).max() == size
    np.testing.assert_allclose(width * height / size**2, share, atol=0.005)
    aspect = width / height
    assert 1 / 1.52 < aspect.min() < 0.69
    assert 1.45 < aspect.max() < 1.52
    assert abs(np.log(aspect).mean()) < 0.02
    assert abs((2 * top + height).mean() - size) < 4
    assert abs((2 * left + width).mean() - size) < 4


def test_boxes_of_no_change_of_shape_are_squares() -> None:
    for _, _, height, width in random_boxes(50, np.linspace(0.01, 1, 100), 1, np.random.default_rng(0)):
        assert height == width


@settings(max_examples=60, deadline=None)
@given(
    size=st.integers(1, 64),
    shares=st.lists(st.floats(1e-6, 1), max_size=20),
    most_aspect=st.floats(1, 50),
    seed=st.integers(0, 99),
)
def test_boxes_always_lie_in_the_square(size: int, shares: list[float], most_aspect: float, seed: int) -> None:
    boxes = random_boxes(size, np.array(shares), most_aspect, np.random.default_rng(seed))
    assert len(boxes) == len(shares)
    for top, left, height, width in boxes:
        assert 0 <= top < top + height <= size
        assert 0 <= left < left + width <= size


def interpolated(image: np.ndarray, top: int, left: int, height: int, width: int) -> np.ndarray:
    """[S, S, 3] -> a part of it, resized to [S, S, 3] by bilinear interpolation, one pixel at a time."""
    size = len(image)
    part = image[top : top + height, left : left + width].astype(float)
    resized = np.empty((size, size, 3))
    for row in range(size):
        for column in range(size):
            y = min(max((row + 0.5) * height / size - 0.5, 0), height - 1)
            x = min(max((column + 0.5) * width / size - 0.5, 0), width - 1)
            y0, x0 = int(y), int(x)
            y1, x1 = min(y0 + 1, height - 1), min(x0 + 1, width - 1)
            above = part[y0, x0] * (1 - x + x0) + part[y0, x1] * (x - x0)
            below = part[y1, x0] * (1 - x + x0) + part[y1, x1] * (x - x0)
            resized[row, column] = above * (1 - y + y0) + below * (y - y0)
    return resized


@pytest.mark.parametrize("size", [16, 33])
def test_parts_are_interpolated_bilinearly(size: int) -> None:
    boxes = [[0, 0, size, size], [3, 5, 9, 7], [0, 2, 1, 14], [size - 6, size - 11, 6, 11], [7, 7, 1, 1]]
    images = noise(len(boxes), size)
    for image, box, result in zip(images, boxes, resized_parts(images, boxes), strict=True):
        expected = interpolated(image.permute(1, 2, 0).numpy(), *box)
        assert np.abs(result.permute(1, 2, 0).numpy() - expected).max() < 1.6  # torch rounds once a direction


def test_crop_takes_parts_of_random_size() -> None:
    size, batch = 64, 300
    changed = only(crop=0.75, aspect=0)(ramps(batch, size), np.random.default_rng(0)).int()
    width = (changed[:, 0, 32, -1] - changed[:, 0, 32, 0]) / 3 + 1  # whole pixels seen, of 3 levels each
    height = (changed[:, 1, -1, 32] - changed[:, 1, 0, 32]) / 3 + 1
    assert (width - height).abs().max() <= 1
    share = width * height / size**2
    assert 0.23 < share.min() < 0.3
    assert 0.95 < share.max() <= 1
    assert abs(share.mean() - 0.625) < 0.05


def enhanced(image: Image.Image, brightness: float, contrast: float, saturation: float) -> np.ndarray:
    for enhance, factor in (
        (ImageEnhance.Brightness, brightness),
        (ImageEnhance.Contrast, contrast),
        (ImageEnhance.Color, saturation),
    ):
        image = enhance(image).enhance(factor)
    return np.asarray(image, dtype=float)


def test_colour_is_brightness_then_contrast_then_saturation() -> None:
    pixels = np.random.default_rng(0).integers(80, 150, (5, 20, 20, 3), dtype=np.uint8)  # far from any clipping
    images = torch.from_numpy(pixels).permute(0, 3, 1, 2)
    changed = only(brightness=0.2, contrast=0.3, saturation=0.4)(images, np.random.default_rng(7))
    spread = np.array([0.2, 0.3, 0.4])
    factors = np.random.default_rng(7).uniform(1 - spread, 1 + spread, (5, 3))
    for image, result, factor in zip(pixels, changed, factors, strict=True):
        expected = enhanced(Image.fromarray(image), *factor)
        assert np.abs(result.permute(1, 2, 0).numpy() - expected).max() < 4  # Pillow rounds down, three times


@pytest.mark.parametrize("step", [{"brightness": 0.5}, {"contrast": 0.5}, {"saturation": 0.5}])
def test_each_colour_alone(step: dict[str, float]) -> None:
    images = noise(40, 12)
    before, after = images.float(), only(**step)(images, np.random.default_rng(0))
    weights = torch.tensor([0.299, 0.587, 0.114]).view(3, 1, 1)
    kept = (after > 0).all(dim=1) & (after < 255).all(dim=1)  # pixels that were not clipped
    if "brightness" in step:
        ratio = (after / before.clamp(min=1))[(before > 50) & kept[:, None]]
        assert 0.49 < ratio.min() < 0.6
        assert 1.4 < ratio.max() < 1.51
    elif "contrast" in step:
        mean = (before * weights).sum(1, keepdim=True).mean((2, 3), keepdim=True)
        ratio = ((after - mean) / (before - mean))[((before - mean).abs() > 30) & kept[:, None]]
        assert 0.49 < ratio.min() < 0.6
        assert 1.4 < ratio.max() < 1.51
    else:
        grey_before, grey_after = (before * weights).sum(1), (after * weights).sum(1)
        torch.testing.assert_close(grey_after[kept], grey_before[kept], atol=0.01, rtol=1e-4)


def test_erasing_fills_one_rectangle_of_the_area_asked_for() -> None:
    size, batch = 48, 300
    black = torch.zeros(batch, 3, size, size, dtype=torch.uint8).contiguous(memory_format=torch.channels_last)
    changed = only(erasing=0.5, erasing_area=0.3)(black, np.random.default_rng(0)).numpy()
    shares = []
    for image in changed:
        rows, columns = np.nonzero(image.any(axis=0))
        if len(rows):
            height, width = np.ptp(rows) + 1, np.ptp(columns) + 1
            shares.append(height * width / size**2)
            part = image[:, rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
            assert (part == 0).mean() < 0.05  # all of the rectangle is noise
            assert len(np.unique(part)) > min(50, part.size // 4)
    assert 110 < len(shares) < 190
    assert 0.015 < min(shares) < 0.04
    assert 0.25 < max(shares) < 0.33


def test_erasing_at_the_least_area_of_the_least_image() -> None:
    changed = only(erasing=1, erasing_area=0.02)(noise(5, 8), np.random.default_rng(0))
    assert ((changed != noise(5, 8)).any(dim=1).sum((1, 2)) <= 4).all()


@pytest.mark.parametrize(
    ("parameter", "value"),
    [("crop", 1.0), ("crop", -0.1), ("aspect", -0.1), ("flip", 1.1), ("erasing", -1), ("erasing_area", 0.01)],
)
def test_types_refuse_what_makes_no_sense(parameter: str, value: float) -> None:
    hint = get_type_hints(Standard.__init__, include_extras=True)[parameter]
    with pytest.raises(ValidationError):
        TypeAdapter(hint).validate_python(value)
