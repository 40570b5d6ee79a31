"""The one pass in whole numbers gives what two passes in floating point approach, however it is cut into parts."""

from __future__ import annotations

import math
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fsim.catalog.statistics import channel_statistics
from fsim.catalog.statistics.channel_statistics import ChannelSums, cached_channel_sums, channel_sums
from fsim.images.decode import read_image
from fsim.images.image_cache import open_image_cache
from fsim.images.preparation import Preparation
from fsim.interfaces import Catalog


def exact(values: list[int]) -> tuple[float, float]:
    """Mean and population standard deviation of 0 to 255 on the scale of 0 to 1: the definition, in fractions."""
    mean = Fraction(sum(values), len(values))
    variance = sum((value - mean) ** 2 for value in values) / len(values)
    return float(mean / 255), math.sqrt(variance / 255**2)


@settings(max_examples=50, deadline=None)
@given(
    shape=st.tuples(st.integers(1, 4), st.integers(1, 9), st.integers(1, 9)),
    least=st.integers(0, 255),
    seed=st.integers(0, 99),
    sliced=st.booleans(),
)
def test_is_the_definition(shape: tuple[int, int, int], least: int, seed: int, sliced: bool) -> None:
    pixels = np.random.default_rng(seed).integers(least, 256, (*shape, 3), np.uint8)
    pixels = pixels[:, ::-1] if sliced else pixels
    sums = channel_sums(pixels)
    assert sums.pixels == math.prod(shape)
    for channel in range(3):
        mean, std = exact(pixels[..., channel].ravel().tolist())
        assert sums.mean[channel] == mean
        assert math.isclose(sums.std[channel], std, rel_tol=1e-15)
    assert sum((channel_sums(image) for image in pixels), start=ChannelSums()) == sums


def test_neither_white_nor_length_overflows() -> None:
    white = np.full((2 * channel_statistics.ROWS_AT_ONCE + 1, 1, 3), 255, np.uint8)
    sums = channel_sums(white)
    assert sums.sums == (255 * len(white),) * 3 and sums.squares == (255**2 * len(white),) * 3
    assert sums.mean == [1.0] * 3 and sums.std == [0.0] * 3
    many = ChannelSums(10**15, (10**15 * 255 // 2,) * 3, (10**15 * 255**2 // 2,) * 3)
    assert math.isclose((many + many).std[0], 0.5)


def test_of_a_cache_are_those_of_its_decoded_images(
    pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(channel_statistics, "IMAGES_AT_ONCE", 5)
    names = sorted(str(file.relative_to(pictures)) for file in pictures.rglob("*.jpg"))
    images = open_image_cache(Catalog.of({"image": names}, pictures), Preparation(20, "pad"), folder=tmp_path)
    rows = np.arange(0, len(names), 3)
    decoded = np.stack([Preparation(20, "pad").apply(read_image(pictures / names[row])) for row in rows])
    scaled = decoded.reshape(-1, 3) / 255
    sums = cached_channel_sums(images, rows)
    np.testing.assert_allclose(sums.mean, scaled.mean(axis=0), rtol=1e-12)
    np.testing.assert_allclose(sums.std, scaled.std(axis=0), rtol=1e-12)
