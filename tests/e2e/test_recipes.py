"""Every recipe runs, shortened: fewer and smaller images, two steps, one epoch."""

from __future__ import annotations

import functools
import json
import os
import re
import struct
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[2]
RECIPES = sorted((ROOT / "recipes").rglob("*.yaml"))
Fsim = Callable[..., "subprocess.CompletedProcess[str]"]
SHORT = ("train.epochs=1", "sampler.batches_per_epoch=2", "sampler.batch_size=8")


@pytest.fixture(scope="session")
def small_fashion_mnist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A root as torchvision leaves it, with 60 + 20 pictures of noise."""
    root = tmp_path_factory.mktemp("fashion_mnist")
    raw = root / "FashionMNIST" / "raw"
    raw.mkdir(parents=True)
    rng = np.random.default_rng(0)
    for split, count in (("train", 60), ("t10k", 20)):
        images, labels = rng.integers(0, 256, (count, 28, 28), np.uint8), np.arange(count, dtype=np.uint8) % 10
        (raw / f"{split}-images-idx3-ubyte").write_bytes(struct.pack(">4I", 0x803, count, 28, 28) + images.tobytes())
        (raw / f"{split}-labels-idx1-ubyte").write_bytes(struct.pack(">2I", 0x801, count) + labels.tobytes())
    return root


@pytest.fixture(scope="session")
def generated(fsim: Fsim, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The folder of a DeepFashion benchmark by its dataset's name: generated garments in its layout."""

    @functools.cache
    def make(layout: str) -> Path:
        out = tmp_path_factory.mktemp("generated") / layout
        done = fsim("data", "garments", out, "--layout", layout, "--items", 42, "--views", 4)
        assert done.returncode == 0, done.stdout + done.stderr
        return out

    return make


def deepfashion_layout(recipe: Path) -> str:
    benchmark = recipe.stem if recipe.stem in ("inshop", "consumer2shop") else "category"
    return f"deepfashion_{benchmark}"


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda file: str(file.relative_to(ROOT / "recipes")))
def test_it_runs(
    recipe: Path,
    fsim: Fsim,
    pictures: Path,
    small_fashion_mnist: Path,
    generated: Callable[[str], Path],
    tmp_path: Path,
) -> None:
    in_deepfashion = recipe.parent.name == "deepfashion"
    settings = {
        "deepfashion": [
            f"data.dataset.root={generated(deepfashion_layout(recipe)) if in_deepfashion else ''}",
            "data.image_size=32",
            "data.box_padding=2",
            "model.backbone.weights=null",  # no download
        ],
        "clothing": [f"data.dataset.root={pictures}", "data.image_size=32", "sampler.label=category"],
        "fashion_mnist": [f"data.dataset.root={small_fashion_mnist}"],
        "recipes": ["data.dataset={name: garments, items: 42, views: 3}", "data.image_size=32"],
    }[recipe.stem if recipe.stem == "fashion_mnist" else recipe.parent.name]
    done = fsim("run", recipe, "--out", tmp_path, *settings, *SHORT)
    assert done.returncode == 0, done.stdout + done.stderr
    (metrics,) = tmp_path.rglob("metrics.jsonl")
    last = json.loads(metrics.read_text().splitlines()[-1])
    assert 0 <= last["metrics"]["exact/recall@1"] <= 1
    assert {"annoy/recall@1", "cluster_distance/silhouette"} <= set(last["metrics"])
    assert last["alarms"] == [] and last["health"]["spread"] > 0


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda file: str(file.relative_to(ROOT / "recipes")))
def test_its_header_says_what_to_expect(recipe: Path) -> None:
    header = "".join(line for line in recipe.read_text().splitlines(keepends=True) if line.startswith("#"))
    assert f"fsim run {recipe.relative_to(ROOT)}" in header
    assert re.search(r"exact/recall@1", header)
    assert re.search(r"\d+(\.\d+)? minutes", header)


REAL_DATA = Path(os.environ.get("FSIM_DATA", ROOT.parent / "shared" / "data"))


@pytest.mark.skipif(not REAL_DATA.is_dir(), reason="the real data sets are not here; FSIM_DATA names their folder")
@pytest.mark.parametrize(
    ("recipe", "folder"), [("clothing/siam_cat.yaml", "clothing"), ("fashion_mnist.yaml", "fashion_mnist")]
)
def test_it_runs_on_the_real_data(recipe: str, folder: str, fsim: Fsim, tmp_path: Path) -> None:
    root = f"data.dataset.root={REAL_DATA / folder}"
    few = ["data.overfit=40", "evaluation.protocols=[{query: train}]", "sampler.batch_size=20"]
    short = ["train.epochs=1", "sampler.batches_per_epoch=2"]
    done = fsim("run", ROOT / "recipes" / recipe, "--out", tmp_path, root, *few, *short)
    assert done.returncode == 0, done.stdout + done.stderr
