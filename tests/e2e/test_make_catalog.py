"""`fsim data make-catalog`: what it shows, what it writes, and that a recipe trains alike on each form of it."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

Fsim = Callable[..., "subprocess.CompletedProcess[str]"]


def test_a_folder_becomes_a_catalog_that_commands_read(fsim: Fsim, pictures: Path, tmp_path: Path) -> None:
    out = tmp_path / "metadata.csv"
    made = fsim("data", "make-catalog", pictures, "--out", out)
    assert made.returncode == 0, made.stderr
    for words in ("layout: folder", "level 1 (train, val) are the splits", "hat, shoes, skirt", f"{out}: 36 images"):
        assert words in made.stdout
    table = pd.read_csv(out)
    assert table.groupby(["split", "category"]).size().to_dict() == {
        (split, category): count
        for split, count in (("train", 8), ("val", 4))
        for category in ("hat", "shoes", "skirt")
    }
    assert all((tmp_path / image).is_file() for image in table["image"])
    counted = fsim("data", "stats", out, "--json")
    assert counted.returncode == 0, counted.stderr
    assert json.loads(counted.stdout)["images"] == 36
    before = out.read_text()
    again = fsim("data", "make-catalog", pictures, "--out", out)
    assert (again.returncode, out.read_text()) == (2, before)
    assert "there already" in again.stderr
    over = fsim("data", "make-catalog", pictures, "--out", out, "--pattern", "(?P<category>h[a-z]+)", "--overwrite")
    assert over.returncode == 0, over.stderr
    assert "left out 12 pictures, not matched by the pattern: train/skirt/0.jpg" in over.stdout
    assert len(pd.read_csv(out)) == 24


def test_each_form_of_a_catalog_trains_to_the_same_numbers(
    fsim: Fsim, pictures: Path, small_recipe: Path, tmp_path: Path
) -> None:
    pytest.importorskip("pyarrow")
    results = []
    for form in ("csv", "jsonl", "parquet"):
        table = tmp_path / f"metadata.{form}"
        assert fsim("data", "make-catalog", pictures, "--out", table).returncode == 0
        run = tmp_path / form
        done = fsim(
            "run", small_recipe, f"data.dataset={{name: {form}, file: {table}}}", "train.epochs=1", "--out", run
        )
        assert done.returncode == 0, done.stdout + done.stderr
        lines = [json.loads(line) for line in next(run.rglob("metrics.jsonl")).read_text().splitlines()]
        results.append([(line["split"], line["metrics"]) for line in lines])
    assert results[0] == results[1] == results[2]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--layout", "sop"], "Ebay_train.txt"),
        (["--layout", "folder", "--pattern", "x"], "leave one out"),
        (["--pattern", "(?P<item>[0-9]+)_"], "such as\n  train/hat/0.jpg\n"),
        (["--by-picture"], "add --layout cub"),
        (["--val-share", "1"], "give a number from 0 to below 1"),
        (["--out", "none/metadata.csv"], "there is no folder"),
        (["--out", "metadata.txt"], "ends in none of .csv, .jsonl, .parquet"),
    ],
)
def test_mistakes_are_told(arguments: list[str], words: str, fsim: Fsim, pictures: Path, tmp_path: Path) -> None:
    told = fsim("data", "make-catalog", pictures, *arguments, cwd=tmp_path)
    assert told.returncode == 2
    assert words in told.stderr
    assert "Traceback" not in told.stderr
    assert not (pictures / "metadata.csv").exists()


def test_a_folder_that_is_not_there_is_told(fsim: Fsim, tmp_path: Path) -> None:
    told = fsim("data", "make-catalog", "nodir", cwd=tmp_path)
    assert told.returncode == 2 and f"there is no folder of pictures {tmp_path / 'nodir'}" in told.stderr
