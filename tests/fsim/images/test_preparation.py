"""What happens to a picture before the network sees it, held against torchvision, and written down."""

from __future__ import annotations

import io
import json
import math
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from PIL import Image

from fsim.errors import FsimError
from fsim.images.image_cache import cache_key, open_image_cache
from fsim.images.preparation import Preparation
from fsim.images.resample import bilinear_by_numpy, by_pillow
from fsim.images.resize import LONGEST
from fsim.interfaces import Catalog, Interpolation, Resize
from fsim.recipe.validate import check_recipe
from fsim_plugins.torchvision_import import import_torchvision

transforms = import_torchvision("torchvision.transforms.v2")

# What passports and preprocessing.json held before there was a choice of interpolation.
EARLIER = {
    "size": 64,
    "resize": "crop",
    "box": "crop",
    "box_padding": 4,
    "mean": [0.5, 0.4, 0.3],
    "std": [0.2, 0.3, 0.4],
    "flip": True,
}


def noise(height: int, width: int) -> np.ndarray:
    return np.random.default_rng(height * 1000 + width).integers(0, 256, (height, width, 3), dtype=np.uint8)


def timm_evaluation(size: int, resize: Resize, share: float, interpolation: Interpolation) -> Any:
    """timm's `transforms_imagenet_eval` (timm/data/transforms_factory.py) for crop_mode squash and center, of the
    pictures of Pillow, without normalisation. With a share of 1 the latter is torchvision's own evaluation."""
    side, mode = math.floor(size / share), transforms.InterpolationMode(interpolation)
    sides = (side, side) if resize == "squash" else side
    return transforms.Compose([transforms.Resize(sides, mode), transforms.CenterCrop(size)])


def difference(made: np.ndarray, expected: Any) -> np.ndarray:
    expected = np.asarray(expected)
    assert made.shape == expected.shape
    return np.abs(made.astype(int) - expected.astype(int))


@settings(max_examples=150, deadline=None)
@given(
    height=st.integers(8, 200),
    width=st.integers(8, 200),
    size=st.integers(8, 80),
    share=st.floats(0.5, 1.0),
    resize=st.sampled_from(["squash", "crop"]),
    interpolation=st.sampled_from(["bilinear", "bicubic"]),
)
@example(height=333, width=500, size=224, share=0.875, resize="crop", interpolation="bicubic")
@example(height=480, width=200, size=224, share=0.9, resize="squash", interpolation="bicubic")
def test_a_share_is_that_of_timm(
    height: int, width: int, size: int, share: float, resize: Resize, interpolation: Interpolation
) -> None:
    assume(max(height, width) <= LONGEST * min(height, width))
    picture = noise(height, width)
    made = Preparation(size, resize, share, interpolation).apply(picture)
    expected = timm_evaluation(size, resize, share, interpolation)(Image.fromarray(picture))
    assert difference(made, expected).max() <= 1


@settings(max_examples=150, deadline=None)
@given(
    height=st.integers(1, 200),
    width=st.integers(1, 200),
    size=st.integers(8, 80),
    interpolation=st.sampled_from(["bilinear", "bicubic"]),
)
def test_squashed_without_a_share_is_torchvisions_resize(
    height: int, width: int, size: int, interpolation: Interpolation
) -> None:
    picture = noise(height, width)
    made = Preparation(size, interpolation=interpolation).apply(picture)
    of_pillow = timm_evaluation(size, "squash", 1.0, interpolation)(Image.fromarray(picture))
    if interpolation == "bicubic":
        assert (made == of_pillow).all()
        return
    of_tensor = transforms.Resize((size, size))(torch.from_numpy(picture).permute(2, 0, 1))
    assert (made == of_tensor.permute(1, 2, 0).numpy()).all()
    beyond = difference(made, of_pillow)
    assert beyond.max() <= 2 and (beyond > 1).mean() < 1e-3


@given(
    height=st.integers(20, 120),
    width=st.integers(20, 120),
    resize=st.sampled_from(["squash", "pad", "crop"]),
    share=st.sampled_from([None, 0.5, 0.8, 1.0]),
    interpolation=st.sampled_from(["bilinear", "bicubic"]),
)
@settings(max_examples=80, deadline=None)
def test_the_roads_give_one_picture(
    height: int, width: int, resize: Resize, share: float | None, interpolation: Interpolation
) -> None:
    preparation, picture = Preparation(24, resize, share, interpolation), noise(height, width)
    made = preparation.apply(picture)
    assert made.shape == (24, 24, 3) and made.dtype == np.uint8
    assert (preparation.apply(picture, bilinear=bilinear_by_numpy) == made).all()
    assert difference(preparation.apply(picture, bilinear=by_pillow), made).max() <= 2


def test_padded_by_share_the_longer_side_is_cut_and_the_shorter_stays_white() -> None:
    made = Preparation(20, "pad", 0.5).apply(np.zeros((80, 20, 3), np.uint8))  # resized to 40 x 10
    assert (made[:, 5:15] == 0).all() and (made[:, :5] == 255).all() and (made[:, 15:] == 255).all()


def test_a_line_of_pixels_does_not_fill_the_memory() -> None:
    assert Preparation(224, "crop", 0.875).apply(noise(1, 3_000_000)).shape == (224, 224, 3)


def test_a_jpeg_that_is_decoded_smaller_is_cut_at_the_same_place() -> None:
    rows, columns = np.mgrid[:900, :1301] / 4
    picture = np.stack([rows, columns, rows + columns], axis=2).astype(np.uint8)
    picture[:, 600:] //= 2
    stream = io.BytesIO()
    Image.fromarray(picture).save(stream, "JPEG", quality=98)
    preparation = Preparation(48, "crop", 0.875, "bicubic")
    assert difference(preparation.apply(stream.getvalue()), preparation.apply(picture)).mean() < 2


def test_the_padding_is_counted_in_the_networks_image() -> None:
    picture = np.zeros((200, 300, 3), np.uint8)
    picture[50:150, 100:200] = 255  # the box
    for padding in (4, 8, 16):
        seen = Preparation(64, padding=padding).apply(picture, (100, 50, 200, 150))[..., 0]
        rows, columns = np.flatnonzero(seen.max(1) > 127), np.flatnonzero(seen.max(0) > 127)
        for found in (rows, columns):
            assert abs(found[0] - padding) <= 1 and abs(63 - found[-1] - padding) <= 1


def test_a_picture_without_a_box_stays_whole() -> None:
    assert Preparation(64, padding=8).region(None) is None
    assert Preparation(64, box="ignore", padding=8).region((1, 2, 3, 4)) is None
    assert Preparation(64).region((1, 2, 3, 4)) == (1, 2, 3, 4)
    assert Preparation(64, padding=8).region("none") == "none"  # type: ignore[arg-type]  # decoding names it


def test_a_query_is_cut_by_its_box_also_where_those_of_the_catalog_are_ignored() -> None:
    picture = noise(60, 80)
    seen = Preparation(16, box="ignore", padding=4).apply(picture, (20, 10, 60, 30))
    assert (seen == Preparation(16).apply(picture[10:30, 20:60])).all()


def test_too_much_padding_is_told() -> None:
    with pytest.raises(FsimError, match=r"data\.box_padding=32 on each side leaves nothing"):
        Preparation(64, padding=32).region((1, 2, 3, 4))


@given(
    st.builds(
        Preparation,
        size=st.integers(8, 2048),
        resize=st.sampled_from(["squash", "pad", "crop"]),
        crop_share=st.none() | st.floats(0.1, 1),
        interpolation=st.sampled_from(["bilinear", "bicubic"]),
        box=st.sampled_from(["crop", "ignore"]),
        padding=st.integers(0, 64),
        mean=st.tuples(*[st.floats(0, 1)] * 3),
        std=st.tuples(*[st.floats(0.1, 1)] * 3) | st.just("auto"),
        flip=st.booleans(),
    )
)
def test_written_and_read_it_is_the_same(preparation: Preparation) -> None:
    written = json.loads(json.dumps(preparation.to_json()))
    assert Preparation.from_json({**written, "resize_rule": "in words"}) == preparation
    assert {"size", "box_padding", "crop_share", "mean"} <= set(written)


def test_what_an_earlier_fsim_wrote_is_read() -> None:
    expected = Preparation(
        64, "crop", None, "bilinear", "crop", 4, mean=(0.5, 0.4, 0.3), std=(0.2, 0.3, 0.4), flip=True
    )
    assert Preparation.from_json(EARLIER) == expected
    for damaged in ({}, {**EARLIER, "mean": None}, {**EARLIER, "std": [1, 1]}):
        with pytest.raises((LookupError, TypeError, ValueError)):
            Preparation.from_json(damaged)


def test_the_key_of_a_cache_changes_only_where_the_pixels_do() -> None:
    pixels = np.arange(2 * 8 * 8, dtype=np.uint8).reshape(2, 8, 8)
    catalog = Catalog.of({"image": ["a", "b"], "box": [(1, 2, 6, 7), None]}, Path(), pixels)
    key = cache_key(catalog, Preparation(8))
    assert key == "5e7db5c36e7da1f49146b1b267f819d0"  # by which earlier versions find it
    assert cache_key(catalog, Preparation(8, "pad", padding=1)) == "b71c9d0b2be16225e4daa5dac8484ede"
    assert cache_key(catalog, Preparation(8, "crop", box="ignore", padding=1)) == "9889f6ae2e6a847e9055dff00aa98539"
    assert cache_key(catalog, Preparation(8, mean=(0.5,) * 3, flip=True)) == key
    other = [
        Preparation(8, box="ignore"),
        Preparation(8, padding=1),
        Preparation(8, "crop"),
        Preparation(8, "crop", 1.0),
        Preparation(8, interpolation="bicubic"),
        Preparation(9),
    ]
    assert len({key, *(cache_key(catalog, one) for one in other)}) == 1 + len(other)


def test_a_cache_holds_what_apply_gives(tmp_path: Path) -> None:
    boxes = [(10, 5, 50, 40), None, (0, 0, 30, 30)]
    pictures = [noise(50, 60), noise(40, 90), noise(70, 33)]
    for number, picture in enumerate(pictures):
        Image.fromarray(picture).save(tmp_path / f"{number}.png")
    catalog = Catalog.of({"image": [f"{number}.png" for number in range(3)], "box": boxes}, tmp_path)
    preparation = Preparation(24, "crop", 0.875, "bicubic", padding=2)
    images = open_image_cache(catalog, preparation, folder=tmp_path / "caches")
    made = images.gather(np.arange(3)).permute(0, 2, 3, 1).numpy()
    for row, (picture, box) in enumerate(zip(pictures, boxes, strict=True)):
        assert (made[row] == preparation.apply(picture, box)).all()


def test_it_is_what_the_recipe_says(small_recipe: Path) -> None:
    given = ["data.image_size=48", "data.interpolation=bicubic", "data.crop_share=0.9", "data.box_padding=3"]
    recipe = check_recipe(small_recipe, [*given, "data.mean=auto", "evaluation.flip=true"]).recipe
    expected = Preparation(48, recipe.data.resize, 0.9, "bicubic", "crop", 3, "auto", tuple(recipe.data.std), True)  # type: ignore[arg-type]
    assert Preparation.from_recipe(recipe) == expected


def test_torch_is_not_imported_to_prepare_a_picture_without_it() -> None:
    program = (
        "import sys, numpy as np\n"
        "from fsim.images.preparation import Preparation\n"
        "from fsim.images.resample import bilinear_by_numpy\n"
        "Preparation(16, 'crop', 0.9, 'bicubic').apply(np.zeros((30, 40, 3), np.uint8))\n"
        "Preparation(16).apply(np.zeros((30, 40, 3), np.uint8), bilinear=bilinear_by_numpy)\n"
        "sys.exit('torch' in sys.modules)\n"
    )
    assert subprocess.run([sys.executable, "-c", program]).returncode == 0
