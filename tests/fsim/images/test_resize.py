"""How a region of an image becomes a square."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from fsim.images.resample import bilinear_by_torch
from fsim.images.resize import Box, DamagedImageError, Square
from fsim.interfaces import Resize


def cut(pixels: np.ndarray, size: int, resize: Resize = "squash", box: Box | None = None) -> np.ndarray:
    return Square(size, resize, box).cut(pixels, *pixels.shape[:2])


def noise(height: int, width: int) -> np.ndarray:
    return np.random.default_rng(height * width).integers(0, 256, (height, width, 3), dtype=np.uint8)


@settings(max_examples=60, deadline=None)
@given(
    height=st.integers(1, 60),
    width=st.integers(1, 60),
    new_height=st.integers(1, 60),
    new_width=st.integers(1, 60),
)
def test_resample_is_pillows_bilinear(height: int, width: int, new_height: int, new_width: int) -> None:
    pixels = noise(height, width)
    expected = Image.fromarray(pixels).resize((new_width, new_height), Image.Resampling.BILINEAR)
    difference = np.abs(bilinear_by_torch(pixels, new_height, new_width).astype(int) - np.asarray(expected))
    assert difference.max() <= 2
    assert difference.mean() < 0.5


def test_resample_takes_views_and_read_only_arrays_and_leaves_them() -> None:
    pixels = noise(20, 30)
    pixels.flags.writeable = False
    flipped = pixels[::-1, ::-1]
    assert (bilinear_by_torch(flipped, 7, 9) == bilinear_by_torch(flipped.copy(), 7, 9)).all()
    assert bilinear_by_torch(pixels, 20, 30) is not pixels


def test_squash_takes_all() -> None:
    pixels = noise(40, 20)
    assert (cut(pixels, 10) == bilinear_by_torch(pixels, 10, 10)).all()


@pytest.mark.parametrize(("height", "width"), [(40, 20), (20, 40)])
def test_pad_keeps_the_shape_and_fills_with_white(height: int, width: int) -> None:
    square = cut(np.zeros((height, width, 3), np.uint8), 16, "pad")
    if width > height:
        square = square.swapaxes(0, 1)
    assert (square[:, 4:12] == 0).all()
    assert (square[:, :4] == 255).all()
    assert (square[:, 12:] == 255).all()


def test_pad_keeps_at_least_one_pixel_of_a_thread() -> None:
    square = cut(np.zeros((500, 1, 3), np.uint8), 8, "pad")
    assert (square[:, :, 0] == 0).sum(axis=1).tolist() == [1] * 8


@pytest.mark.parametrize("resize", ["pad", "crop"])
def test_square_images_need_neither_padding_nor_cropping(resize: Resize) -> None:
    pixels = noise(33, 33)
    assert (cut(pixels, 12, resize) == cut(pixels, 12)).all()


def test_crop_takes_the_middle() -> None:
    pixels = noise(20, 50)
    assert (cut(pixels, 20, "crop") == pixels[:, 15:35]).all()
    assert (cut(pixels.swapaxes(0, 1), 20, "crop") == pixels.swapaxes(0, 1)[15:35]).all()


def test_box_is_taken_before_the_shape_is_changed() -> None:
    pixels = noise(60, 80)
    inside = pixels[10:30, 20:60]
    for resize in ("squash", "pad", "crop"):
        assert (cut(pixels, 16, resize, (20, 10, 60, 30)) == cut(inside, 16, resize)).all()


def test_box_is_cut_to_the_image() -> None:
    pixels = noise(60, 80)
    assert (cut(pixels, 16, box=(-5, 30, 900, 61.5)) == cut(pixels[30:], 16)).all()


@pytest.mark.parametrize(
    "box",
    [
        (5, 5, 5, 9),
        (5, 5, 5.5, 9),
        (9, 5, 5, 9),
        (80, 0, 90, 9),
        (-9, 0, 0, 9),
        (0, 60, 9, 99),
        (0, 0, float("nan"), 9),
    ],
)
def test_box_that_holds_nothing(box: Box) -> None:
    with pytest.raises(DamagedImageError, match="box holds no pixel of the image of 80 x 60"):
        cut(noise(60, 80), 16, box=box)


@pytest.mark.parametrize("box", [(1, 2, 3), "abcd", 7.5, (1, 2, 3, None)])
def test_box_that_is_none(box: Box) -> None:
    with pytest.raises(DamagedImageError, match=r"box is not \(x1, y1, x2, y2\)"):
        cut(noise(60, 80), 16, box=box)


@settings(max_examples=100, deadline=None)
@given(
    height=st.integers(1, 90),
    width=st.integers(1, 90),
    size=st.integers(1, 64),
    resize=st.sampled_from(["squash", "pad", "crop"]),
    corners=st.tuples(st.floats(0, 1), st.floats(0, 1), st.floats(0, 1), st.floats(0, 1)),
    denominator=st.sampled_from([1, 2, 4, 8]),
)
def test_every_region_of_every_shape(
    height: int, width: int, size: int, resize: Resize, corners: Box, denominator: int
) -> None:
    x1, x2 = sorted(corner * width for corner in corners[:2])
    y1, y2 = sorted(corner * height for corner in corners[2:])
    square = Square(size, resize, (x1, y1, x2, y2) if x1 + 1 <= x2 and y1 + 1 <= y2 else None)
    least_height, least_width = square.least_decoded(height, width)
    assert least_height >= 2
    assert least_width >= 2
    decoded = np.full((-(-height // denominator), -(-width // denominator), 3), 77, np.uint8)
    result = square.cut(decoded, height, width)
    assert result.shape == (size, size, 3)
    assert set(np.unique(result)) <= {77, 255}
    assert (result == 77).any()


def test_least_decoded_leaves_twice_the_pixels_of_the_square() -> None:
    assert Square(50, "squash", None).least_decoded(400, 800) == (100, 100)
    assert Square(50, "squash", (0, 0, 200, 100)).least_decoded(400, 800) == (400, 400)
    assert Square(50, "pad", None).least_decoded(400, 800) == (50, 100)
    assert Square(50, "crop", None).least_decoded(400, 800) == (100, 200)
