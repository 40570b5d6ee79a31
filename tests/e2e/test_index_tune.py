"""fsim index tune."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import yaml

Fsim = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def embeddings(tmp_path: Path) -> Path:
    rng = np.random.default_rng(0)
    points = rng.normal(size=(20, 16))[rng.integers(0, 20, 500)] + rng.normal(size=(500, 16))
    np.save(tmp_path / "e.npy", points)
    return tmp_path / "e.npy"


def test_finds_parameters_that_a_recipe_takes(fsim: Fsim, embeddings: Path, tmp_path: Path, small_recipe: Path) -> None:
    page = tmp_path / "page.html"
    done = fsim("index", "tune", embeddings, "--kind", "annoy", "--recall", 0.9, "--html", page, "--queries", 50)
    assert done.returncode == 0, done.stderr
    line = next(line.strip() for line in done.stdout.splitlines() if line.strip().startswith("- {name: index, index"))
    evaluators = yaml.safe_load(line)
    assert set(evaluators[0]["index"]) == {"name", "trees", "search_k"}
    recipe = yaml.safe_load(small_recipe.read_text(encoding="utf-8"))
    recipe["evaluation"]["evaluators"] += evaluators
    small_recipe.write_text(yaml.safe_dump(recipe), encoding="utf-8")
    assert fsim("validate", small_recipe).returncode == 0
    text = page.read_text(encoding="utf-8")
    assert line[2:] in text and "data:image/svg+xml;base64," in text and "http://" not in text


def test_figures_for_programs_of_all_indexes(fsim: Fsim, embeddings: Path) -> None:
    done = fsim("index", "tune", embeddings, "--json", "-k", 5, "--queries", 20, "--distance", "euclidean")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert (found["number"], found["dimensions"], found["k"], found["queries"]) == (500, 16, 5, 20)
    assert {"annoy", "exact"} <= {one["index"] for one in found["measured"]}
    assert found["chosen"]["recall"] >= 0.95 == found["wanted_recall"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["missing.npy"], "there is no file missing.npy"),
        (["{e}", "-k", "500"], "500 embeddings have no 500 neighbours each; set k to 1 to 499"),
        (["{e}", "--recall", "1.5"], "--recall 1.5: give a number above 0 and at most 1"),
        (["{e}", "--kind", "anoy"], "there is no index 'anoy' (did you mean 'annoy'?)"),
        (["{e}", "--queries", "0"], "--queries 0"),
        (["{e}", "--html", "nowhere/page.html"], "there is no folder"),
    ],
)
def test_mistakes(fsim: Fsim, embeddings: Path, tmp_path: Path, arguments: list[str], words: str) -> None:
    done = fsim("index", "tune", *[word.format(e=embeddings) for word in arguments], cwd=tmp_path)
    assert done.returncode == 2
    assert words in done.stderr and "Traceback" not in done.stderr
