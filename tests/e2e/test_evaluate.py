"""fsim evaluate, whole."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ..ready_process import Forked

Fsim = Callable[..., "subprocess.CompletedProcess[str]"]
Ranks = Callable[..., AbstractContextManager[list[Forked]]]
CLOSE = 1e-6


@pytest.fixture(scope="module")
def trained(fsim: Fsim, small_recipe_text: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of two epochs with a moving average of the weights."""
    out = tmp_path_factory.mktemp("out")
    (out / "small.yaml").write_text(small_recipe_text, encoding="utf-8")
    done = fsim("run", out / "small.yaml", "train.ema_decay=0.5", "evaluation.monitor=null", "--out", out / "runs")
    assert done.returncode == 0, done.stderr
    return next((out / "runs" / "small").iterdir())


@pytest.fixture
def run(trained: Path, tmp_path: Path) -> Path:
    """Its folder, for a test to change."""
    return shutil.copytree(trained, tmp_path / "run")


def recorded(run: Path) -> list[dict]:
    lines = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    return [line for line in lines if "protocol" in line]


def evaluated(done: subprocess.CompletedProcess[str]) -> dict:
    assert done.returncode == 0, done.stderr
    (line,) = json.loads(done.stdout)
    return line


def assert_same(found: dict, expected: dict) -> None:
    assert found["fingerprint"] == expected["fingerprint"]
    for name, value in expected["metrics"].items():
        assert found["metrics"][name] == pytest.approx(value, abs=CLOSE), name


def test_the_recorded_metrics_come_again_and_embeddings_are_kept(fsim: Fsim, run: Path) -> None:
    for checkpoint in ("last", "best", run / "checkpoints" / "last.pt"):
        assert_same(evaluated(fsim("evaluate", run, "--json", "--checkpoint", checkpoint)), recorded(run)[-1])
    (kept,) = (run / "embeddings").iterdir()
    embedding = np.load(kept / "embedding.npy", allow_pickle=False)
    assert embedding.shape == (12, 8) and embedding.dtype == np.float32
    assert pd.read_parquet(kept / "catalog.parquet")["category"].tolist() == ["hat"] * 4 + ["shoes"] * 4 + ["skirt"] * 4
    np.save(kept / "embedding.npy", np.ones_like(embedding))
    again = evaluated(fsim("evaluate", run, "--json"))
    assert again["metrics"]["exact/recall@1"] != recorded(run)[-1]["metrics"]["exact/recall@1"], "taken from there"
    flipped = evaluated(fsim("evaluate", run, "--json", "evaluation.flip=true"))
    assert flipped["fingerprint"] != again["fingerprint"] and len(list((run / "embeddings").iterdir())) == 2


def test_metrics_are_the_means_of_those_of_each_query(trained: Path) -> None:
    table = pd.read_csv(trained / "per_query" / "last" / "val.csv")
    assert len(table) == 12 and table["image"].str.startswith("val/").all()
    assert table["category"].tolist() == ["hat"] * 4 + ["shoes"] * 4 + ["skirt"] * 4
    assert table["item"].isna().all()
    metrics = recorded(trained)[-1]["metrics"]
    names = [name for name in table.columns if "/" in name]
    assert "exact/recall@1" in names and "exact/map@r" in names
    for name in names:
        assert table[name].mean() == pytest.approx(metrics[name], abs=CLOSE)


def test_five_processes_embed_every_image_once(fsim: Fsim, ranks: Ranks, run: Path) -> None:
    alone = evaluated(fsim("evaluate", run, "--json", "--split", "train+val"))  # 36 images
    with ranks(5, "-m", "fsim", "evaluate", run, "--json", "--split", "train+val") as processes:
        ended = [process.communicate(timeout=300) for process in processes]
    assert [process.returncode for process in processes] == [0] * 5, ended
    (line,) = json.loads(ended[0][0])
    assert_same(line, alone)
    assert [out for out, _ in ended[1:]] == [""] * 4


def test_mistakes_are_told(fsim: Fsim, trained: Path) -> None:
    for arguments, told in (
        (["model.head.embedding_dim=4"], "model.head.embedding_dim=4: the network is the run's"),
        (["--checkpoint", "nope.pt"], "there is no checkpoint nope.pt"),
        (["--split", "tset"], "the catalog has no split 'tset'"),
        (["evaluation.evaluators=[{name: exakt}]"], "did you mean 'exact'?"),
    ):
        done = fsim("evaluate", trained, *arguments)
        assert done.returncode == 2 and told in done.stderr and "Traceback" not in done.stderr


def test_a_folder_that_is_no_run(fsim: Fsim, tmp_path: Path) -> None:
    done = fsim("evaluate", tmp_path)
    assert done.returncode == 2 and "is not the folder of a run" in done.stderr
