"""fsim data stats, fsim data attributes, and runs that measure their own mean and std."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import yaml

from fsim.images.decode import read_image
from fsim.images.preparation import Preparation

Fsim = Callable[..., "subprocess.CompletedProcess[str]"]
GARMENTS = ("garments", "items=42", "views=2")
KEYS = {"source", "images", "splits", "categories", "items", "attributes", "boxes", "captions", "sizes", "channels_of"}
KEYS |= {"mean", "std", "per_category", "per_split", "damaged"}


def test_stats_as_json(fsim: Fsim, pictures: Path) -> None:
    """As the network sees them, these are the numbers that `mean: auto` finds."""
    done = fsim("data", "stats", pictures, "--json", "--size", 32)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert set(found) == KEYS and found["source"] == str(pictures)
    assert found["splits"] == {"train": 24, "val": 12} and found["categories"]["hat"] == {"train": 8, "val": 4}
    assert found["channels_of"] == {"split": "train", "size": 32, "images": 24, "pixels": 24 * 32 * 32}
    seen = np.stack([Preparation(32).apply(read_image(file)) for file in (pictures / "train").rglob("*.jpg")]) / 255
    np.testing.assert_allclose(found["mean"], seen.mean(axis=(0, 1, 2)), rtol=1e-12)
    assert found["per_category"]["shoes"]["images"] == 8 and set(found["per_split"]) == {"train", "val"}


def test_stats_as_tables_and_a_page(fsim: Fsim, pictures: Path, tmp_path: Path) -> None:
    root = tmp_path / "pictures"
    shutil.copytree(pictures, root)
    (root / "train" / "hat" / "0.jpg").write_bytes(b"torn")
    page = tmp_path / "page.html"
    done = fsim("data", "stats", root, "--split", "all", "--html", page)
    assert done.returncode == 0, done.stderr
    assert "left out train/hat/0.jpg: not an image" in done.stdout
    assert f"{root}: 36 images, 1 damaged; of all 42,000 pixels of the 35 images, at their own size" in done.stdout
    assert "mean: [0." in done.stdout and "std:  [0." in done.stdout and f"page: {page}" in done.stdout
    text = page.read_text(encoding="utf-8")
    assert "train/hat/0.jpg" in text and text.count("data:image/jpeg") == 18


def test_attributes(fsim: Fsim, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    options = ("--min-count", 1, "--top", 3, "--html", page)
    done = fsim("data", "attributes", "jeans", *GARMENTS, *options)
    assert done.returncode == 0, done.stderr
    assert "jeans in garments: 6 of 84 images" in done.stdout and "material: denim" in done.stdout
    assert "attributes mark jeans" in done.stdout and "more\n" in done.stdout
    text = page.read_text(encoding="utf-8")
    assert text.count("(lift ") == 3 and "data:image/jpeg" in text


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["stats", "{pictures}", "--split", "vall"], "no split 'vall' (did you mean 'val'?)"),
        (["attributes", "coatt", "items=42", "views=2"], "no category 'coatt' (did you mean 'coat'?)"),
    ],
    ids=["stats", "attributes"],
)
def test_mistakes(fsim: Fsim, pictures: Path, arguments: list[str], told: str) -> None:
    done = fsim("data", *(word.format(pictures=pictures) for word in arguments))
    assert done.returncode == 2 and told in done.stderr and "Traceback" not in done.stderr


def test_a_run_measures_its_images_and_writes_the_numbers_down(
    fsim: Fsim, small_recipe: Path, pictures: Path, tmp_path: Path
) -> None:
    done = fsim(
        "run",
        small_recipe,
        "--out",
        tmp_path / "out",
        "data.mean=auto",
        "data.std=auto",
        "train.epochs=1",
        "trackers=[]",
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("of the 24 training images: mean ") == 1
    (run,) = (tmp_path / "out").glob("*/*")
    data = yaml.safe_load((run / "recipe.yaml").read_text())["data"]
    seen = np.stack([Preparation(32).apply(read_image(file)) for file in (pictures / "train").rglob("*.jpg")]) / 255
    np.testing.assert_allclose(data["mean"], seen.mean(axis=(0, 1, 2)), rtol=1e-12)
    np.testing.assert_allclose(data["std"], seen.std(axis=(0, 1, 2)), rtol=1e-12)

    written = (run / "recipe.yaml").read_bytes()
    resumed = fsim("resume", run)
    assert resumed.returncode == 0 and "training images: mean" not in resumed.stdout, "nothing is measured again"
    assert (run / "recipe.yaml").read_bytes() == written


@pytest.mark.parametrize(
    "action", [["data", "stats"], ["data", "audit"], ["data", "attributes", "hat"], ["index", "tune"]], ids=str
)
def test_a_page_does_not_replace_what_it_is_of(action: list[str], fsim: Fsim, tmp_path: Path) -> None:
    own = tmp_path / "own.csv"
    own.write_text("image,category\na.jpg,hat\n")
    told = fsim(*action, own, "--html", own)
    assert told.returncode == 2 and "no page of fsim's" in told.stderr
    assert own.read_text() == "image,category\na.jpg,hat\n"
