"""`fsim data meta`, and the script by the original project's name."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

Fsim = Callable[..., "subprocess.CompletedProcess[str]"]


def test_a_catalog_and_its_balanced_selection(fsim: Fsim, script: Fsim, tmp_path: Path) -> None:
    root = tmp_path / "deepfashion"
    done = fsim("data", "garments", root, "--layout", "deepfashion_category", "--items", 60, "--views", 3)
    assert done.returncode == 0, done.stderr
    made = script("create_deepfashion_meta.py", root, "--sample", "--more-than", 11)
    assert made.returncode == 0, made.stdout + made.stderr
    table, sample = pd.read_csv(root / "metadata.csv"), pd.read_csv(root / "metadata_sample.csv")
    counts = table["category"].value_counts()
    assert len(table) == 144 and counts.max() > counts.min()
    large = counts[counts > 11]
    assert sample["category"].value_counts().to_dict() == dict.fromkeys(large.index, large.min())
    assert set(sample["image"]) < set(table["image"])
    assert f"{len(large)} categories of {large.min()} images each" in made.stdout
    stopped = fsim("data", "meta", root, "--dataset", "deepfashion_category", "--sample", "--out", tmp_path / "a.csv")
    assert stopped.returncode == 2 and "no category has more than 5000 images" in stopped.stderr
    assert not (tmp_path / "a.csv").exists()
    again = fsim("data", "meta", root, "--dataset", "deepfashion_category")
    assert again.returncode == 2 and "there already" in again.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (
            ["--sample", "pictures"],
            "ends in none of .csv, .jsonl, .parquet; name it so; SOURCE comes first: fsim data meta",
        ),
        (["--sample", "own.csv"], "own.csv is there already; move it away, or name another file; SOURCE comes first"),
        (["nowhere", "--sample", "a.txt"], "argument --sample: a.txt ends in none of"),
        (["nowhere", "--sample", "none/a.csv"], "there is no folder"),
        (["nowhere", "--out", "own.csv"], "own.csv is there already"),
        (["nowhere", "--out", "a.csv", "--sample", "a.csv"], "--out and --sample are both a.csv; name two files"),
        (["nowhere", "--out", "metadata_sample.csv", "--sample"], "are both metadata_sample.csv"),
        (["pictures", "--sample"], "metadata_sample.csv is there already"),
        (["nowhere", "--sample", "--more-than", "-3"], "--more-than -3: give 0 or more"),
    ],
)
def test_targets_are_told_before_anything_is_read(arguments: list[str], words: str, fsim: Fsim, tmp_path: Path) -> None:
    (tmp_path / "pictures").mkdir()
    for name in ("own.csv", "pictures/metadata_sample.csv"):
        (tmp_path / name).write_text("image\n")
    told = fsim("data", "meta", *arguments, cwd=tmp_path)
    assert told.returncode == 2 and words in told.stderr
    assert len(list(tmp_path.rglob("*"))) == 3, "nothing is written"
