"""A run with projections, as a user starts it."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

from PIL import Image

Fsim = Callable[..., "CompletedProcess[str]"]


def test_a_run_leaves_its_maps(fsim: Fsim, small_recipe: Path, tmp_path: Path) -> None:
    projections = "evaluation.projections=[{name: pca, at_end: false}, {name: pca}, {name: pca, max_images: 7}]"
    done = fsim("run", small_recipe, "--out", tmp_path / "runs", projections)
    assert done.returncode == 0, done.stderr
    (run,) = (tmp_path / "runs").glob("*/*")
    stems = {"val-pca-001", "val-pca-002", "val-pca-2", "val-pca-3"}
    assert {file.name for file in (run / "projections").iterdir()} == {
        f"{s}.{end}" for s in stems for end in ("png", "csv")
    }
    for stem in stems:
        with Image.open(run / "projections" / f"{stem}.png") as picture:
            picture.load()
            assert picture.width > 2000
    with (run / "projections" / "val-pca-002.csv").open() as stream:
        rows = list(csv.DictReader(stream))
    assert [row["category"] for row in rows] == ["hat"] * 4 + ["shoes"] * 4 + ["skirt"] * 4
    assert all(row["image"].startswith("val/") for row in rows)
    assert abs(sum(float(row["x"]) for row in rows)) < 1e-3, "principal components are centred"
    sample = [line.split(",")[-1] for line in (run / "projections" / "val-pca-3.csv").read_text().splitlines()[1:]]
    assert sample == ["hat"] * 2 + ["shoes"] * 2 + ["skirt"] * 2
    assert "projections/val-pca-3.png: 6 images" in done.stdout
    assert (run / "tensorboard" / "projector_config.pbtxt").is_file()


def test_a_projection_that_fails_costs_its_picture_and_not_the_run(
    fsim: Fsim, small_recipe: Path, tmp_path: Path
) -> None:
    (tmp_path / "broken_map.py").write_text(
        "class Broken:\n    def __call__(self, embedding, distance):\n        raise ValueError('no map today')\n"
    )
    metadata = tmp_path / "broken_map-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: broken-map\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text("[fsim.projections]\nbroken = broken_map:Broken\n")
    command = ("run", small_recipe, "--out", tmp_path / "runs", "train.epochs=1", "trackers=[]")
    projections = "evaluation.projections=[{name: broken}, {name: pca}]"
    done = fsim(*command, projections, env={"PYTHONPATH": str(tmp_path)})
    assert done.returncode == 0, done.stderr
    assert "no picture by projection 'broken' of val, epoch 1: no map today" in done.stdout
    (run,) = (tmp_path / "runs").glob("*/*")
    assert {file.name for file in (run / "projections").iterdir()} == {"val-pca.png", "val-pca.csv"}
    assert "ValueError: no map today" in (run / "log.txt").read_text()


def test_a_wrong_projection_is_told_before_the_run(fsim: Fsim, small_recipe: Path) -> None:
    small_recipe.write_text(small_recipe.read_text() + "  projections: [{name: tsn}, {name: pca, max_images: 0}]\n")
    done = fsim("validate", small_recipe)
    assert done.returncode == 2
    assert "tsne" in done.stderr
    assert "max_images" in done.stderr
