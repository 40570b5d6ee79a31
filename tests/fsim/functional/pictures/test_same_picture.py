"""Pictures stored again are found, and garments of one cut are not taken for one picture."""

from __future__ import annotations

import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from fsim.functional.pictures import same_picture as module
from fsim.functional.pictures.same_picture import (
    FREQUENCIES,
    HASH_DIM,
    THUMBNAIL,
    both_small,
    compare_coarsely,
    near_pairs,
    perceptual_hash,
    same_picture,
)
from fsim.images.preparation import Preparation


def pictures(count: int, seed: int = 0, size: tuple[int, int] = (120, 90)) -> list[Image.Image]:
    """Smooth colours with noise."""
    rng = np.random.default_rng(seed)
    made = []
    for _ in range(count):
        coarse = Image.fromarray(rng.integers(0, 256, (6, 6, 3), np.uint8)).resize(size, Image.Resampling.BICUBIC)
        pixels = np.asarray(coarse).astype(int) + rng.integers(-10, 11, (size[1], size[0], 3))
        made.append(Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8)))
    return made


def stored(image: Image.Image, quality: int = 90) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=quality)
    return buffer.getvalue()


def thumbnails(images: list[Image.Image], quality: int = 95) -> np.ndarray:
    return np.stack([Preparation(THUMBNAIL).apply(stored(image, quality)) for image in images])


def sizes(images: list[Image.Image]) -> np.ndarray:
    return np.array([image.size for image in images])


def pairs(found: tuple[np.ndarray, np.ndarray]) -> list[tuple[int, int]]:
    return list(zip(*(one.tolist() for one in found), strict=True))


CHANGES = {
    "quality 90": lambda image: Image.open(io.BytesIO(stored(image, 90))),
    "quality 30": lambda image: Image.open(io.BytesIO(stored(image, 30))),
    "half the size": lambda image: image.resize((60, 45), Image.Resampling.LANCZOS),
    "a third of the size": lambda image: image.resize((40, 30), Image.Resampling.BILINEAR),
    "twice the size": lambda image: image.resize((240, 180), Image.Resampling.BICUBIC),
    "brighter": lambda image: image.point(lambda value: min(255, round(1.1 * value))),
    "darker": lambda image: image.point(lambda value: round(0.9 * value)),
    "less contrast": lambda image: image.point(lambda value: round(128 + 0.85 * (value - 128))),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_picture_stored_again_is_found_and_nothing_else(change: str) -> None:
    originals = pictures(40)
    both = originals + [CHANGES[change](image) for image in originals]
    found = near_pairs(thumbnails(both), sizes(both))
    assert pairs(found) == [(number, number + 40) for number in range(40)]


def test_small_pictures_stored_again_are_found() -> None:
    """Compression costs sharp edges of small pictures more than 32 x 32 pixels allow."""
    rng = np.random.default_rng(0)
    tiles = [Image.fromarray(rng.integers(0, 256, (5, 5, 3), np.uint8)) for _ in range(40)]
    small = [image.resize((64, 48), Image.Resampling.NEAREST) for image in tiles]
    both = small + [Image.open(io.BytesIO(stored(image, 92))) for image in small]
    prints = np.stack([np.asarray(image.resize((THUMBNAIL, THUMBNAIL), Image.Resampling.BOX)) for image in both])
    assert not same_picture(prints[:40], prints[40:], np.zeros(40, bool)).all(), "finely compared some differ"
    assert pairs(near_pairs(prints, sizes(both))) == [(number, number + 40) for number in range(40)]


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [((48, 200), (48, 200), True), ((31, 90), (31, 90), False), ((128, 200), (128, 200), False)],
)
def test_which_pictures_are_small(first: tuple[int, int], second: tuple[int, int], expected: bool) -> None:
    assert both_small(np.array([first]), np.array([second])).tolist() == [expected]


def test_one_cut_in_two_colours_is_two_pictures() -> None:
    """The same silhouette on white: alike in grey and in outline."""
    shirts = []
    for colour in ((160, 60, 60), (60, 110, 60), (90, 90, 200)):  # of nearly the same lightness
        shirt = Image.new("RGB", (120, 120), "white")
        shirt.paste(colour, (30, 20, 90, 110))
        shirts.append(shirt)
    assert pairs(near_pairs(thumbnails(shirts), sizes(shirts))) == []


def test_flat_pictures_resemble_nothing() -> None:
    flat = [Image.new("RGB", (50, 50), colour) for colour in ("white", "white", (254, 254, 254), "black")]
    prints = thumbnails(flat)
    assert not perceptual_hash(prints).any() and pairs(near_pairs(prints, sizes(flat))) == []


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 1000), st.integers(3, 30))
def test_blocks_change_nothing(seed: int, block: int) -> None:
    rng = np.random.default_rng(seed)
    originals = pictures(12, seed)
    chosen = [originals[number] for number in rng.integers(0, 12, 25)]
    prints, all_sizes = thumbnails(chosen), sizes(chosen)
    whole = pairs(near_pairs(prints, all_sizes))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "BLOCK", block)
        patch.setattr(module, "CHUNK", 3)
        assert pairs(near_pairs(prints, all_sizes)) == whole
    slow = [
        (first, second)
        for first in range(25)
        for second in range(first + 1, 25)
        if same_picture(prints[[first]], prints[[second]], np.array([False]))[0]
    ]
    assert whole == slow


@pytest.mark.parametrize("count", [0, 1])
def test_no_pair_of_too_few(count: int) -> None:
    images = pictures(count)
    prints = np.zeros((count, THUMBNAIL, THUMBNAIL, 3), np.uint8)
    assert pairs(near_pairs(prints, sizes(images).reshape(count, 2))) == []


def test_the_hash_is_the_transform_written_out() -> None:
    (picture,) = thumbnails(pictures(1))
    grey = picture.astype(float) @ [0.299, 0.587, 0.114]
    place = (2 * np.arange(THUMBNAIL) + 1) * np.pi / (2 * THUMBNAIL)
    values = []
    for down in range(FREQUENCIES):
        for along in range(FREQUENCIES):
            wave = np.outer(np.cos(place * down), np.cos(place * along))
            values.append((grey * wave).sum() / np.linalg.norm(wave))
    expected = np.array(values[1:]) / np.linalg.norm(values[1:])
    assert perceptual_hash(picture[None]).shape == (1, HASH_DIM)
    np.testing.assert_allclose(perceptual_hash(picture[None])[0], expected, atol=1e-5)


def test_same_picture_by_hand() -> None:
    """32 grey levels of brightness are another exposure, and noise is none: 4 levels of it are from storing again."""
    rng = np.random.default_rng(0)
    picture = rng.integers(40, 200, (1, THUMBNAIL, THUMBNAIL, 3)).astype(np.uint8)
    fine = np.array([False])
    for step, expected in ((0, True), (4, True), (31, True), (33, False)):
        assert same_picture(picture, picture + np.uint8(step), fine)[0] == expected
    signs = rng.choice([-1, 1], picture.shape)
    for noise, expected in ((4, True), (5, False)):
        assert same_picture(picture, (picture + noise * signs).astype(np.uint8), fine)[0] == expected
    assert not same_picture(picture, picture.swapaxes(1, 2), fine)[0]


def test_small_pictures_of_other_sizes_are_compared_coarsely() -> None:
    first, second = (
        np.array([[400, 300], [400, 300], [96, 96], [400, 90]]),
        np.array([[200, 150], [100, 75], [96, 96], [400, 91]]),
    )
    assert compare_coarsely(first, second).tolist() == [False, True, False, True]
