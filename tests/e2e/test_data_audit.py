"""fsim data audit, whole."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Callable
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

Fsim = Callable[..., "subprocess.CompletedProcess[str]"]
ROOT = Path(__file__).resolve().parents[2]
REAL_DATA = Path(os.environ.get("FSIM_DATA", ROOT.parent / "shared" / "data"))
KEYS = {"source", "images", "damaged", "causes", "exact_duplicates", "near_duplicates", "label_conflicts", "leaks"}
KEYS |= {"stray_items", "tiny_categories", "one_split_categories", "extreme_sizes", "boxes_beyond"}


@pytest.fixture
def faulty(pictures: Path, tmp_path: Path) -> Path:
    """The small folder of pictures with a torn file, a leak and a picture under two categories."""
    root = tmp_path / "pictures"
    shutil.copytree(pictures, root)
    whole = (root / "train" / "hat" / "0.jpg").read_bytes()
    (root / "train" / "hat" / "torn.jpg").write_bytes(whole[: len(whole) // 2])
    shutil.copy(root / "train" / "hat" / "1.jpg", root / "val" / "hat" / "leaked.jpg")
    shutil.copy(root / "train" / "shoes" / "2.jpg", root / "train" / "skirt" / "flipped.jpg")
    return root


def test_json_and_a_cleaned_catalog(fsim: Fsim, faulty: Path, tmp_path: Path) -> None:
    cleaned = tmp_path / "cleaned.csv"
    files = sorted(faulty.rglob("*"))
    done = fsim("data", "audit", faulty, "--json", "--fix", cleaned)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert set(found) == KEYS | {"fix"} and found["source"] == str(faulty) and found["images"] == 39
    assert found["damaged"] == ["train/hat/torn.jpg"] and found["causes"] == {"train/hat/torn.jpg": "truncated JPEG"}
    leak, conflict = ["train/hat/1.jpg", "val/hat/leaked.jpg"], ["train/shoes/2.jpg", "train/skirt/flipped.jpg"]
    assert found["exact_duplicates"] == [leak, conflict] and found["near_duplicates"] == []
    assert [one["images"] for one in found["leaks"]] == [leak]
    assert [one["images"] for one in found["label_conflicts"]] == [conflict]
    dropped = {"damaged": ["train/hat/torn.jpg"], "label_conflict": conflict, "leak": leak[:1]}
    dropped |= {"exact_duplicate": [], "near_duplicate": []}
    assert found["fix"] == {"file": str(cleaned), "kept": 35, "dropped": dropped}
    assert sorted(faulty.rglob("*")) == files, "no file is touched"
    table = pd.read_csv(cleaned)
    assert len(table) == 35 and all((tmp_path / image).is_file() for image in table["image"])
    again = json.loads(fsim("data", "audit", cleaned, "--json").stdout)
    assert again["images"] == 35
    assert not any(again[key] for key in ("damaged", "exact_duplicates", "label_conflicts", "leaks"))


def test_the_same_network_raw_and_without_leaks(fsim: Fsim, faulty: Path, small_recipe: Path, tmp_path: Path) -> None:
    audit, runs = tmp_path / "audit.json", tmp_path / "runs"
    protocols = f"evaluation.protocols=[{{query: val}}, {{query: val, without_leaks: {audit}}}]"
    arguments = (
        "run",
        small_recipe,
        f"data.dataset.root={faulty}",
        "train.epochs=1",
        "data.max_damaged=0.1",
        protocols,
        "--out",
        runs,
    )
    done = fsim(*arguments)
    assert done.returncode == 2 and f"names no file: there is no {audit}" in done.stderr
    audit.write_text(fsim("data", "audit", faulty, "--json").stdout)
    done = fsim(*arguments)
    assert done.returncode == 0, done.stderr
    assert "val without leaks: 12 queries leave-one-out" in done.stdout
    lines = [json.loads(line) for line in next(runs.rglob("metrics.jsonl")).read_text().splitlines()]
    raw, fair = [line for line in lines if "protocol" in line]
    assert (raw["split"], fair["split"]) == ("val", "val without leaks")
    assert (raw["protocol"]["num_queries"], fair["protocol"]["num_queries"]) == (13, 12)
    assert fair["protocol"]["left_out_as_leaks"] == {"queries": 1, "gallery": 1}
    assert raw["fingerprint"] != fair["fingerprint"]


def test_tables_and_a_page(fsim: Fsim, faulty: Path, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    done = fsim("data", "audit", faulty, "--html", page, "--fix", tmp_path / "cleaned.csv", "--min-images", 14)
    assert done.returncode == 0, done.stderr
    for said in (
        "train/hat/torn.jpg: truncated JPEG",
        "train: train/hat/1.jpg; val: val/hat/leaked.jpg",
        "shoes: 12 images (train 8, val 4)",
        "35 images; dropped 4 (no file was deleted):",
        "  2  the same picture under two labels",
        f"page: {page}",
    ):
        assert said in done.stdout
    text = page.read_text(encoding="utf-8")
    assert text.count("data:image/jpeg") == 8 and "val/hat/leaked.jpg" in text


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["nowhere"], "there is no 'nowhere'"),
        (["{pictures}", "--min-images", "0"], "--min-images 0: give 1 or more"),
        (["{pictures}", "--html", "nowhere/page.html"], "there is no folder"),
        (["{pictures}", "--fix", "nowhere/cleaned.csv"], "there is no folder"),
        (["{pictures}", "--fix", "{there}"], "is there already"),
        (["{pictures}", "--run", "nowhere"], "is not the folder of a run"),
    ],
)
def test_mistakes(fsim: Fsim, pictures: Path, tmp_path: Path, arguments: list[str], told: str) -> None:
    there = tmp_path / "there.csv"
    there.touch()
    done = fsim("data", "audit", *(word.format(pictures=pictures, there=there) for word in arguments))
    assert done.returncode == 2 and told in done.stderr and "Traceback" not in done.stderr
    assert there.read_bytes() == b""


def test_near_duplicates_by_a_run(fsim: Fsim, small_recipe: Path, faulty: Path, tmp_path: Path) -> None:
    trained = fsim("run", small_recipe, "--out", tmp_path / "out", "train.epochs=1", "trackers=[]")
    assert trained.returncode == 0, trained.stdout + trained.stderr
    (run,) = (tmp_path / "out").glob("*/*")
    done = fsim("data", "audit", faulty, "--run", run, "--json", "--html", tmp_path / "page.html")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    flat = [image for pair in found["near_duplicates_by_run"] for image in pair]
    assert len(flat) == len(set(flat)), "each image has one nearest"
    assert "val/hat/leaked.jpg" not in flat, "a copy that the pixels give away is not embedded"
    assert "near duplicates by the run" in (tmp_path / "page.html").read_text(encoding="utf-8")
    for checkpoint in (run / "checkpoints").iterdir():
        checkpoint.unlink()
    done = fsim("data", "audit", faulty, "--run", run)
    assert done.returncode == 2 and "there is no checkpoint" in done.stderr


def difference_hash(file: Path) -> int:
    """256 bits, by Pillow alone: is each of 16 x 16 grey squares lighter than its right neighbour?"""
    with Image.open(file) as image:
        grey = np.asarray(image.convert("L").resize((17, 16), Image.Resampling.BOX)).astype(int)
    return int("".join("01"[bit] for bit in (grey[:, :-1] > grey[:, 1:]).ravel().astype(int)), 2)


@pytest.mark.skipif(
    not (REAL_DATA / "clothing").is_dir(), reason="the photographs are not here; FSIM_DATA names the folder of clothing"
)
def test_on_photographs_it_finds_what_two_hashes_find(fsim: Fsim) -> None:
    """SHA-256 of the files, and pairs of another perceptual hash that differ in at most 8 of 256 bits.

    The photographs have one such pair, of 2 bits, one picture indeed; the next differ in 16 bits: two T-shirts."""
    root = REAL_DATA / "clothing"
    names = sorted(file.relative_to(root).as_posix() for file in root.glob("*/*/*.jpg"))
    by_bytes: dict[str, list[str]] = {}
    for name in names:
        by_bytes.setdefault(hashlib.sha256((root / name).read_bytes()).hexdigest(), []).append(name)
    copies = {pair for group in by_bytes.values() for pair in combinations(group, 2)}
    hashes = {name: difference_hash(root / name) for name in names}
    near = {pair for pair in combinations(names, 2) if (hashes[pair[0]] ^ hashes[pair[1]]).bit_count() <= 8}
    done = fsim("data", "audit", root, "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["images"] == len(names) and found["damaged"] == []
    exact = {pair for group in found["exact_duplicates"] for pair in combinations(sorted(group), 2)}
    same = exact | {pair for group in found["near_duplicates"] for pair in combinations(sorted(group), 2)}
    assert copies <= exact
    assert same == near | copies
    assert (
        "train/shorts/6075b4a5-5b1a-4ce0-aea0-9dbfbca7c35c.jpg",
        "train/skirt/637a56e4-7fa6-4f75-8859-0f8902461554.jpg",
    ) in same
    assert {tuple(sorted(one["images"])) for one in found["label_conflicts"]} == {
        pair for pair in same if Path(pair[0]).parts[1] != Path(pair[1]).parts[1]
    }


def test_a_page_and_a_cleaned_catalog_are_two_files(fsim: Fsim, pictures: Path, tmp_path: Path) -> None:
    told = fsim("data", "audit", pictures, "--fix", tmp_path / "a.csv", "--html", tmp_path / "a.csv")
    assert told.returncode == 2 and "name two files" in told.stderr
    assert not list(tmp_path.iterdir())
