"""Runs that learn words and pictures together, as a user makes them."""

from __future__ import annotations

import csv
import json
import re
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

from fsim.errors import FsimError
from fsim.evaluation.trained_run import TrainedRun
from fsim.history.resume_proof import differences
from fsim.store.run_folder import RunFolder

ROOT = Path(__file__).resolve().parent.parent.parent
Fsim = Callable[..., "subprocess.CompletedProcess[str]"]

RECIPE = """
name: words
data: {{dataset: {{name: csv, file: {file}}}, image_size: 32}}
model:
  backbone: {{name: resnet18, num_stages: 2}}
  head: {{name: siam_cat, embedding_dim: 8, distance: cosine}}
  text_encoder: {{name: gru, word_dim: 8, hidden_dim: 12}}
sampler: {{name: m_per_class, label: item, batch_size: 8, images_per_label: 2}}
losses: [{{name: cross_entropy}}, {{name: supcon}}, {{name: vse_hard}}, {{name: clip}}]
train: {{epochs: 2}}
evaluation:
  relevant: item
  monitor: cross_modal/t2i_recall@1
  evaluators: [{{name: exact, k: [1, 2]}}, {{name: cross_modal, k: [1, 5]}}]
trackers: []
"""
NUMBERS = ("one", "two", "three", "four")
# One word, too many, another script, several, a bracket, none.
ODD = ["hat", "a hat " * 250, "红色的帽子", '["a red hat", "hat, red"]', "[new] red hat", ""]


@pytest.fixture(scope="module")
def recipe(pictures: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two pictures an item; the captions of val have words that no caption of train has."""
    folder = tmp_path_factory.mktemp("words")
    with (folder / "metadata.csv").open("w", encoding="utf-8", newline="") as stream:
        rows = csv.writer(stream)
        rows.writerow(["image", "split", "category", "item", "caption"])
        for place, image in enumerate(sorted(pictures.rglob("*.jpg"))):
            split, category, _ = image.relative_to(pictures).parts
            item = int(image.stem) // 2
            caption = f"a {category} number {NUMBERS[item]}" if split == "train" else f"the unseen {category}"
            if split == "train" and place < len(ODD):
                caption = ODD[place]
            rows.writerow([image, split, category, f"{split}-{category}-{item}", caption])
    file = folder / "words.yaml"
    file.write_text(RECIPE.format(file=folder / "metadata.csv"), encoding="utf-8")
    return file


@pytest.fixture(scope="module")
def run(recipe: Path, fsim: Fsim) -> Path:
    done = fsim("run", recipe, "--out", recipe.parent / "runs")
    assert done.returncode == 0, done.stderr
    return next((recipe.parent / "runs" / "words").iterdir())


def test_a_run_measures_both_ways_and_shows_what_captions_find(run: Path) -> None:
    lines = [json.loads(line) for line in (run / "metrics.jsonl").read_text(encoding="utf-8").splitlines()]
    (last,) = [line for line in lines if line["split"] == "val" and line["epoch"] == 2]
    assert last["monitor"] == "cross_modal/t2i_recall@1"
    assert {"cross_modal/i2t_recall@5", "cross_modal/t2i_median_rank", "cross_modal/rsum"} <= set(last["metrics"])
    assert last["metrics"]["cross_modal/num_captions"] == 12
    assert len(last["protocol"]["captions"]) == 2
    page = (run / "report.html").read_text(encoding="utf-8")
    assert "“the unseen hat”" in page


def test_the_words_are_those_of_the_training_images_alone(run: Path) -> None:
    words = torch.load(run / "checkpoints" / "last.pt", weights_only=True)["vocabulary"]
    assert {"hat", "red", "skirt", "one", "红", "new"} <= set(words)
    assert not {"the", "unseen"} & set(words)
    text = TrainedRun.open(RunFolder.open(run)).network.text
    assert text is not None and text.vocabulary is not None
    assert text.vocabulary.unknown("an unseen red hat") == ["an", "unseen"]


@pytest.mark.parametrize("caption", ["hat", "a red hat " * 170, "красная шляпа", "红色", "\U0001f452", ""])
def test_any_caption_has_an_embedding(run: Path, caption: str) -> None:
    text = TrainedRun.open(RunFolder.open(run)).network.text
    assert text is not None
    alone, beside = text.embed([caption]), text.embed(["a longer caption of a red hat", caption])[1:]
    assert alone.isfinite().all()
    torch.testing.assert_close(alone, beside, rtol=0, atol=1e-6)


def test_stopped_and_resumed_it_learns_the_same(
    recipe: Path, run: Path, fsim: Fsim, stopped: Callable[..., tuple[int, str]]
) -> None:
    out = recipe.parent / "stopped"
    code, told = stopped(["run", recipe, "--out", out], signal.SIGTERM)
    assert code == 143, told
    again = next((out / "words").iterdir())
    done = fsim("resume", again)
    assert done.returncode == 0, done.stderr
    assert not differences(RunFolder(run), RunFolder(again))


def test_processes_that_load_images_change_nothing(recipe: Path, run: Path, fsim: Fsim) -> None:
    out = recipe.parent / "workers"
    done = fsim("run", recipe, "data.workers=2", "--out", out)
    assert done.returncode == 0, done.stderr
    states = [
        torch.load(folder / "checkpoints" / "last.pt", weights_only=True)["model"]
        for folder in (run, next((out / "words").iterdir()))
    ]
    assert all(torch.equal(states[1][name], value) for name, value in states[0].items())


def test_a_finished_run_is_measured_again(run: Path, fsim: Fsim) -> None:
    done = fsim("evaluate", run, "evaluation.protocols=[{query: train}]", "--json")
    assert done.returncode == 0, done.stderr
    (found,) = json.loads(done.stdout)
    assert found["metrics"]["cross_modal/num_captions"] == 24  # one image has two, one none


def test_kept_embeddings_tell_the_captions_of_now(recipe: Path, run: Path, fsim: Fsim, tmp_path: Path) -> None:
    table = (recipe.parent / "metadata.csv").read_text(encoding="utf-8")
    (tmp_path / "metadata.csv").write_text(table.replace("the unseen skirt", "a kilt"), encoding="utf-8")
    found = []
    for file in (recipe.parent / "metadata.csv", tmp_path / "metadata.csv"):
        done = fsim("evaluate", run, f"data.dataset.file={file}", "--json")
        assert done.returncode == 0, done.stderr
        found += json.loads(done.stdout)
        (kept,) = [one for one in (run / "embeddings").iterdir() if len(pd.read_parquet(one / "catalog.parquet")) == 12]
        captions = set(pd.read_parquet(kept / "catalog.parquet")["caption"])
        assert ("a kilt" in captions) == (file.parent == tmp_path)
    assert found[0]["fingerprint"] != found[1]["fingerprint"], "other captions are another question"


def test_its_weights_read_where_they_are_exported_to(run: Path, pictures: Path, fsim: Fsim, python: Path) -> None:
    done = fsim("export", run, "--to", "safetensors")
    assert done.returncode == 0, done.stderr
    folder = run / "exports" / "safetensors"
    card = (folder / "README.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", card, re.DOTALL)
    network = TrainedRun.open(RunFolder.open(run)).network
    assert network.text is not None
    (folder / "query.jpg").write_bytes(next(pictures.rglob("*.jpg")).read_bytes())
    done = subprocess.run(
        [python, "-W", "ignore", "-c", f"{code}\nimport numpy\nnumpy.save('found.npy', of_text)"],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    np.testing.assert_allclose(np.load(folder / "found.npy"), network.text.embed(["a red dress"]), atol=1e-5)


def test_other_captions_are_another_experiment(recipe: Path, fsim: Fsim, tmp_path: Path) -> None:
    table = (recipe.parent / "metadata.csv").read_text(encoding="utf-8")
    other = tmp_path / "metadata.csv"
    other.write_text(table, encoding="utf-8")
    done = fsim("run", recipe, f"data.dataset.file={other}", "train.epochs=1", "--out", tmp_path / "runs")
    assert done.returncode == 0, done.stderr
    run = next((tmp_path / "runs" / "words").iterdir())
    other.write_text(table.replace("a skirt number two", "a skirt by another name"), encoding="utf-8")
    done = fsim("resume", run)
    assert done.returncode == 2
    assert "vocabulary changed" in done.stderr and "another, by, name" in done.stderr, done.stderr


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        (["model.head.distance=euclidean"], "set distance: cosine"),
        (["model.text_encoder=null"], "loss 'clip' needs captioned: give the recipe something that reads"),
        (["model.text_encoder={name: grue}"], "did you mean 'gru'"),
        (["model.text_head={name: siam, embedding_dim: 9, distance: cosine}"], "has embedding_dim 9, and model.head 8"),
        (["model.text_head={name: siam, embedding_dim: 8}"], "has distance euclidean, and model.head cosine"),
        (["model.text_head={name: cat}"], "head 'cat' asks for num_categories, which is for pictures"),
        (["losses=[{name: cross_entropy}]"], "no loss learns from it"),
        (["model.text_encoder={name: transformer, dim: 10}"], "dim 10 is no multiple of 4 heads; take dim 12"),
        (["model.vocabulary.min_count=1000"], "no word is there 1000 times in the captions of 'train'"),
        (["model.vocabulary.max_lenght=3"], "max_length"),
        (["model.text_encoder={name: gru, vocabulary: [a]}"], "is known only at run time"),
    ],
)
def test_mistakes_are_told(recipe: Path, fsim: Fsim, changes: list[str], told: str) -> None:
    done = fsim("run", recipe, *changes, "--out", recipe.parent / "none")
    assert done.returncode == 2, done.stderr
    assert told in " ".join(done.stderr.split()), done.stderr


def test_a_dataset_without_captions_is_told(recipe: Path, pictures: Path, fsim: Fsim) -> None:
    changed = f"data.dataset={{name: folder, root: {pictures}}}"
    by_category = ("evaluation.relevant=category", "sampler={name: shuffled, batch_size: 8}")
    done = fsim("run", recipe, changed, *by_category, "--out", recipe.parent / "none")
    assert done.returncode == 2, done.stderr
    assert "text_encoder 'gru' needs captions, and the dataset gives none" in " ".join(done.stderr.split())


def test_the_page_about_python_runs(run: Path, pictures: Path) -> None:
    page = (ROOT / "docs" / "python.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    code = re.sub(r"runs/siam_cat_vse/\w+", str(run), code)
    for name, picture in (("red.jpg", "hat/0.jpg"), ("blue.png", "skirt/1.jpg")):
        code = code.replace(name, str(pictures / "val" / picture))
    code = code.replace('"pictures"', repr(str(pictures))).replace('["dress"]', '["hat"]')
    found: dict[str, Any] = {}
    exec(code, found)
    assert len(found["answers"]) == 10 and len(found["searcher"].index.images) == 36
    with pytest.raises(FsimError, match="none of these words is among the"):
        found["run"].embed_text(["a hat", "zorbly"])
    assert found["run"].embed_text([]).shape == (0, 8)
    assert found["vectors"].shape == (2, 8) and found["words"].shape == (1, 8)
    assert "exact/recall@1" in found["lines"][0].metrics
