"""Pairs by an embedding: crops of each other, and no others."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from torch import Tensor
from torch.nn import functional as F

from fsim.catalog.audit.near_by_run import near_by_run
from fsim.images.image_cache import CachedImages, open_image_cache
from fsim.images.preparation import Preparation
from fsim.interfaces import Catalog, Distance


def coarse_colours(images: Tensor) -> Tensor:
    """An embedding that a crop changes little: the colours of 4 x 4 squares."""
    return F.adaptive_avg_pool2d(images.float(), 4).flatten(1) / 255 - 0.5


@pytest.fixture
def images(tmp_path: Path) -> CachedImages:
    """Ten pictures of random colours, of numbers 2 and 5 a crop, and a damaged file."""
    rng = np.random.default_rng(0)
    for number in range(10):
        picture = Image.fromarray(rng.integers(0, 256, (4, 4, 3), np.uint8)).resize((64, 64), Image.Resampling.BICUBIC)
        picture.save(tmp_path / f"{number:02}.png")
        if number in (2, 5):
            picture.crop((3, 3, 61, 61)).save(tmp_path / f"{10 + number}.png")
    (tmp_path / "99.png").touch()
    names = sorted(file.name for file in tmp_path.glob("*.png"))
    assert names[10:] == ["12.png", "15.png", "99.png"]
    catalog = Catalog.of({"image": names}, tmp_path)
    return open_image_cache(catalog, Preparation(32), folder=tmp_path / "cache", max_damaged=1)


@pytest.mark.parametrize("distance", ["cosine", "euclidean"])
def test_crops_are_found(images: CachedImages, distance: Distance) -> None:
    found = near_by_run(coarse_colours, distance, images, np.arange(13))
    assert sorted(pair.tolist() for pair in found) == [[2, 10], [5, 11]]


def test_rows_that_are_left_out_are_not_compared(images: CachedImages) -> None:
    found = near_by_run(coarse_colours, "cosine", images, np.array([2, 3, 4, 5, 6, 11, 12]))
    assert [pair.tolist() for pair in found] == [[5, 11]]
    assert near_by_run(coarse_colours, "cosine", images, np.array([2, 12])) == []


def test_a_crowd_has_no_pairs(images: CachedImages) -> None:
    """An embedding for which all pictures of a kind are about as near as crops are: none is nearest by far."""
    rng = np.random.default_rng(1)
    noise = Tensor(rng.normal(size=(13, 8)))
    calls = iter([noise, noise + 5])  # the images, then their crops, which are farther
    assert near_by_run(lambda batch: next(calls)[: len(batch)], "euclidean", images, np.arange(13)) == []
