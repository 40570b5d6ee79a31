"""Attributes from the dataset to the figures, by whole commands."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

Fsim = Callable[..., "subprocess.CompletedProcess[str]"]
RECIPE = """
name: attributes
data:
  dataset: {name: garments, items: 42, views: 3}
  image_size: 32
model:
  backbone: {name: resnet18, num_stages: 2}
  head: {name: siam_cat_attr, embedding_dim: 8}
sampler: {name: balanced_pairs, batch_size: 8, batches_per_epoch: 2}
losses:
  - {name: contrastive}
  - {name: cross_entropy}
  - {name: attribute_bce}
train: {epochs: 1}
evaluation:
  evaluators:
    - {name: exact, ndcg: [5]}
    - {name: classification}
    - {name: attributes, types: [pattern, colour]}
"""


@pytest.fixture
def recipe(tmp_path: Path) -> Path:
    file = tmp_path / "attributes.yaml"
    file.write_text(RECIPE, encoding="utf-8")
    return file


def test_a_catalogs_own_attributes_are_learned_and_measured(recipe: Path, fsim: Fsim, tmp_path: Path) -> None:
    done = fsim("run", recipe, "--out", tmp_path / "runs")
    assert done.returncode == 0, done.stdout + done.stderr
    (file,) = (tmp_path / "runs").rglob("metrics.jsonl")
    train, measured = map(json.loads, file.read_text().splitlines())
    assert train["metrics"]["attribute_bce"] > 0
    names = ("attributes/recall@3", "attributes/pattern/recall@3", "exact/ndcg@5", "classification/accuracy@3")
    assert all(0 <= measured["metrics"][name] <= 1 for name in names)
    assert measured["protocol"]["attributes"][0] == measured["protocol"]["attributes"][1]  # leave-one-out
    done = fsim("run", recipe, "--out", tmp_path / "plain", "evaluation.evaluators=[{name: exact}]")
    (file,) = (tmp_path / "plain").rglob("metrics.jsonl")
    assert "attributes" not in json.loads(file.read_text().splitlines()[-1])["protocol"]


def test_attributes_that_nobody_gives_are_missed_before_training(
    recipe: Path, fsim: Fsim, pictures: Path, tmp_path: Path
) -> None:
    plain = f"data.dataset={{name: folder, root: {pictures}}}"
    done = fsim("run", recipe, "--out", tmp_path / "runs", plain)
    assert done.returncode == 2
    assert "head 'siam_cat_attr' needs attributes, and the dataset gives none of the images of 'train'" in " ".join(
        done.stderr.split()
    )
    without = [
        "model.head.name=siam_cat",
        "losses=[{name: cross_entropy}]",
        "evaluation.evaluators=[{name: exact, ndcg: [5]}]",
    ]
    done = fsim("run", recipe, "--out", tmp_path / "runs", plain, *without)
    assert done.returncode == 2
    assert "evaluator 'exact' needs attributes" in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr
    graded = "evaluation.evaluators=[{name: exact, ndcg: [5], same_attributes: null}]"
    done = fsim("run", recipe, "--out", tmp_path / "runs", plain, *without[:2], graded)
    assert done.returncode == 0, done.stderr
