"""Every picture is seen upright, cut by its box, and once; what is damaged is named and counts nowhere."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fsim.catalog.statistics.channel_statistics import channel_sums
from fsim.catalog.statistics.image_survey import survey_images
from fsim.images.decode import read_image
from fsim.images.preparation import Preparation
from fsim.interfaces import Catalog

BOXES = [None, (2, 3, 12, 33), None, None, (-5, -5, 500, 500), (90, 90, 99, 99), None, None]


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    """A PNG; a PNG with a box; a clear PNG; a JPEG on its side; a JPEG with a box beyond it; a box that holds nothing;
    a torn JPEG; a file that is missing."""
    root = tmp_path_factory.mktemp("odd")
    rng = np.random.default_rng(0)
    noise = rng.integers(0, 256, (40, 30, 3), np.uint8)
    for name in ("plain.png", "boxed.png", "beyond.png"):
        Image.fromarray(noise).save(root / name)
    Image.fromarray(np.dstack([noise, rng.choice([0, 255], (40, 30)).astype(np.uint8)])).save(root / "clear.png")
    turned = Image.Exif()
    turned[0x0112] = 6
    Image.fromarray(noise).save(root / "turned.jpg", exif=turned, quality=95)
    Image.fromarray(noise).save(root / "large.jpg", quality=95)
    (root / "torn.jpg").write_bytes((root / "large.jpg").read_bytes()[:900])
    names = ["plain.png", "boxed.png", "clear.png", "turned.jpg", "large.jpg", "beyond.png", "torn.jpg", "missing.jpg"]
    return Catalog.of({"image": names, "box": BOXES}, root)


def test_sizes_boxes_and_damage(odd: Catalog) -> None:
    survey = survey_images(odd)
    assert survey.widths.tolist() == [30, 30, 30, 40, 30, 0, 0, 0]
    assert survey.heights.tolist() == [40, 40, 40, 30, 40, 0, 0, 0]
    assert survey.pixels.tolist() == [1200, 300, 1200, 1200, 1200, 0, 0, 0]
    np.testing.assert_allclose(survey.covered, [1, 0.25, 1, 1, 1, 0, 0, 0])
    assert set(survey.damaged) == {5, 6, 7} and survey.damaged[7] == "no such file"
    assert "box holds no pixel" in survey.damaged[5] and "truncated" in survey.damaged[6]
    assert survey.usable.tolist() == [True] * 5 + [False] * 3


def test_all_pixels_at_their_own_size_are_summed(odd: Catalog) -> None:
    survey = survey_images(odd)
    plain = np.asarray(Image.open(odd.root / "plain.png"))
    clear = Image.open(odd.root / "clear.png")
    on_white = np.asarray(Image.alpha_composite(Image.new("RGBA", clear.size, "white"), clear).convert("RGB"))
    for row, pixels in ((0, plain), (1, plain[3:33, 2:12]), (2, on_white)):
        assert survey.channels(np.array([row])) == channel_sums(pixels.copy())
    for row in (3, 4):  # the JPEGs, through another decoder: a colour is a step off here and there
        jpeg = np.asarray(Image.open(odd.root / odd.frame["image"][row])).reshape(-1, 3) / 255
        np.testing.assert_allclose(survey.channels(np.array([row])).mean, jpeg.mean(axis=0), atol=0.004)
        np.testing.assert_allclose(survey.channels(np.array([row])).std, jpeg.std(axis=0), atol=0.01)
    both = survey.channels(np.array([0, 1]))
    assert both == channel_sums(plain.copy()) + channel_sums(plain[3:33, 2:12].copy())


def test_as_the_network_sees_them(odd: Catalog) -> None:
    survey = survey_images(odd, size=16)
    for row in range(5):
        seen = Preparation(16).apply(read_image(odd.root / odd.frame["image"][row]), BOXES[row])
        assert survey.channels(np.array([row])) == channel_sums(seen)
    assert survey.widths.tolist() == [30, 30, 30, 40, 30, 0, 0, 0], "the sizes stay those of the pictures"


def test_a_source_of_arrays_and_progress() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (150, 7, 5), np.uint8)
    done: list[int] = []
    catalog = Catalog.of({"image": range(150)}, Path(), pixels=pixels)
    survey = survey_images(catalog, progress=lambda seen, total: done.append(seen))
    assert done == [64, 128, 150]
    assert survey.channels(np.arange(150)) == channel_sums(np.repeat(pixels[..., None], 3, axis=3))
