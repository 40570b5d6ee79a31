"""Every benchmark runs to its end, as small as it can be: its numbers say nothing, and its code is that of today."""

from __future__ import annotations

import shlex
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

Fsim = Callable[..., "subprocess.CompletedProcess[str]"]
BENCH = Path(__file__).resolve().parents[2] / "scripts" / "bench"
# bench -> its arguments, and words of what it prints
BENCHES: dict[str, tuple[str, str]] = {
    "attribute_file.py": ("--rows 300 --attributes 20 --rounds 1", "of pandas's time"),
    "audit.py": ("--images 120", "2 groups for 2 copies"),
    "audit_faults.py": ("{photographs}", "damaged                 20      20       0"),
    "cluster_measures.py": ("--images 600 --many 600 --rounds 1 --threads 1", "the three evaluators: "),
    "data_path.py": ("{photographs} --size 16 --rounds 1", "fsim: standard"),
    "engine.py": ("--blocks 1 --steps 1 --image-size 32 --items 42", "ratio "),
    "exact_retrieval.py": ("--images 600 --rounds 1 --threads 1", "fsim exact, map: true"),
    "exact_slice.py": ("--images 900 --dimensions 16 --queries 20", "5 queries agree with float64"),
    "indexes.py": ("--vectors 1200 --builds 1 --index annoy exact", "Fastest with recall@10"),
    "projections.py": ("--images 200 --rows pca", "pca"),
    "serving.py": ("--images 50 --searches 10 --clients 2 --rounds 1", "micro-batching: "),
    "startup.py": ("{recipe} --rounds 1", "fsim run, to the first step / bare script"),
    "training_peers.py": ("{photographs} --rounds 1 --steps 1 --size 32 --batch 16", "fsim, supcon, cache there"),
    "training_switches.py": (
        "--rows 'fp32, contiguous' 'chunk_size 1/2' --steps 1 --image-size 32 --batch-size 8 --items 42 "
        "--recipe {recipe} --epochs 2 --rounds 1",
        "fp32, contiguous, again",
    ),
}


@pytest.fixture(scope="module")
def photographs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """<root>/<split>/<category>/*.jpg, all of another look: smooth colours with noise."""
    root = tmp_path_factory.mktemp("photographs")
    rng = np.random.default_rng(0)
    for split, count in (("train", 40), ("validation", 8)):
        for category in ("hat", "shoes", "skirt"):
            folder = root / split / category
            folder.mkdir(parents=True)
            for number in range(count):
                coarse = Image.fromarray(rng.integers(0, 256, (6, 6, 3), np.uint8))
                coarse.resize((96, 72), Image.Resampling.BICUBIC).save(folder / f"{number}.jpg", quality=90)
    return root


@pytest.mark.parametrize("bench", BENCHES)
def test_it_runs(bench: str, script: Fsim, small_recipe: Path, photographs: Path) -> None:
    arguments, words = BENCHES[bench]
    given = shlex.split(arguments.format(photographs=photographs, recipe=small_recipe))
    done = script(f"bench/{bench}", *given)
    assert done.returncode == 0, done.stdout + done.stderr
    assert words in done.stdout


def test_none_is_left_out() -> None:
    assert {file.name for file in BENCH.glob("*.py")} == BENCHES.keys()
