"""Runs, indexes and checkpoints that an earlier fsim made are read and used (tests/fixtures/older_run/README.md)."""

from __future__ import annotations

import json
import shutil
import subprocess
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pandas as pd
import pytest
import safetensors.torch
import torch
from torch import Tensor

from .conftest import Serving

Fsim = Callable[..., "subprocess.CompletedProcess[str]"]
FIXTURE = Path(__file__).resolve().parents[1] / "fixtures" / "older_run"
MADE_IN = "/older"  # the folder in which all was made
TOLERANCE = 1e-4  # what another processor may change


@pytest.fixture
def older(tmp_path: Path) -> Path:
    """A copy of the fixture, which says of all its files that they are in that copy."""
    folder = Path(shutil.copytree(FIXTURE, tmp_path / "older"))
    with tarfile.open(folder / "weights.tar.xz") as archive:
        archive.extractall(folder, filter="data")
    for pattern in ("*/*/*/recipe.yaml", "expected/*.json"):
        for file in folder.glob(pattern):
            file.write_text(file.read_text(encoding="utf-8").replace(MADE_IN, str(folder)), encoding="utf-8")
    for file in folder.rglob("images.parquet"):
        table = pd.read_parquet(file)
        table["image"] = table["image"].str.replace(MADE_IN, str(folder))
        table.to_parquet(file)
    return folder


def the_run(older: Path, name: str) -> Path:
    (run,) = (older / name).iterdir()
    return run


def metrics(run: Path) -> list[dict[str, Any]]:
    lines = (run / "metrics.jsonl").read_text(encoding="utf-8").splitlines()
    return [{key: value for key, value in json.loads(line).items() if key != "timings"} for line in lines]


def checkpoint(run: Path, name: str) -> dict[str, Any]:
    """Without what says of which recipe it is."""
    state = torch.load(run / "checkpoints" / f"{name}.pt", weights_only=True)
    return {key: value for key, value in state.items() if key not in ("recipe", "resolved")}


def close(value: Any, expected: Any) -> bool:
    """Whether two nested values have the same structure, and numbers that differ by no more than the tolerance."""
    if isinstance(expected, dict):
        same_keys = isinstance(value, dict) and value.keys() == expected.keys()
        return same_keys and all(close(value[key], expected[key]) for key in expected)
    if isinstance(expected, list | tuple):
        same_length = isinstance(value, list | tuple) and len(value) == len(expected)
        return same_length and all(close(first, second) for first, second in zip(value, expected, strict=True))
    if isinstance(expected, Tensor):
        same_kind = isinstance(value, Tensor) and (value.dtype, value.shape) == (expected.dtype, expected.shape)
        return same_kind and torch.allclose(value.double(), expected.double(), rtol=TOLERANCE, atol=TOLERANCE)
    if isinstance(expected, float):
        return isinstance(value, float) and value == pytest.approx(expected, rel=TOLERANCE, abs=TOLERANCE)
    return type(value) is type(expected) and value == expected


def answers(done: subprocess.CompletedProcess[str]) -> list[dict[str, Any]]:
    """The results of one search that printed JSON."""
    assert done.returncode == 0, done.stderr
    results: list[dict[str, Any]] = json.loads(done.stdout)["results"]
    return results


def expected_answers(older: Path, name: str) -> list[dict[str, Any]]:
    results: list[dict[str, Any]] = json.loads((older / "expected" / f"{name}.json").read_text())["results"]
    return results


@pytest.mark.parametrize("name", ["stopped", "killed"])
def test_an_unfinished_run_resumes_to_the_end_that_it_came_to_then(fsim: Fsim, older: Path, name: str) -> None:
    run, expected = the_run(older, f"runs/{name}"), the_run(older, "expected/stopped")
    moved = fsim("resume", run, cwd=older)
    assert moved.returncode == 2 and "--allow data.dataset.file" in moved.stderr
    done = fsim("resume", run, "--allow", "data.dataset.file", cwd=older)
    assert done.returncode == 0, done.stderr
    assert "going on after epoch 1, step " in done.stdout
    for line, wanted in zip(metrics(run), metrics(expected), strict=True):
        assert close(line, wanted), (line, wanted)
    for file in ("last", "best"):
        state, wanted_state = checkpoint(run, file), checkpoint(expected, file)
        assert state.keys() == wanted_state.keys()
        for key in state:
            assert close(state[key], wanted_state[key]), f"{file}.pt: {key}"
    assert not list(run.rglob(".last.pt.*"))  # what the kill left
    assert {file.name for file in (run / "per_query").glob("*/*")} == {"val.csv"}
    for which in ("last", "best"):
        tables = [pd.read_csv(one / "per_query" / which / "val.csv") for one in (run, expected)]
        assert list(tables[0].columns) == list(tables[1].columns)
    assert (run / "report.html").is_file()


def test_runs_are_listed_with_how_they_ended(fsim: Fsim, older: Path) -> None:
    done = fsim("runs", older / "runs", "--json")
    assert done.returncode == 0, done.stderr
    found = {one["name"]: one for one in json.loads(done.stdout)["runs"]}
    assert {name: (one["state"], one["epochs_done"], one["epochs"]) for name, one in found.items()} == {
        "finished": ("finished", 2, 2),
        "stopped": ("unfinished", 1, 3),  # without status.json, as one that was killed: the log is for people
        "killed": ("unfinished", 1, 3),
    }
    assert found["finished"]["best"] == {"value": pytest.approx(8 / 9), "epoch": 1}


def test_runs_are_compared(fsim: Fsim, older: Path) -> None:
    runs = [the_run(older, name) for name in ("expected/stopped", "runs/killed")]
    done = fsim("compare", *runs, "--checkpoint", "best", "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["recipes"].keys() == {"name", "train.checkpoints.every_steps"}
    (protocol,) = found["protocols"]
    assert protocol["split"] == "val" and protocol["warnings"] == []
    first, second = (one for one in protocol["metrics"] if one["metric"] == "exact/recall@1")
    assert (first["value"], second["value"]) == (pytest.approx(5 / 9), pytest.approx(3 / 9))
    assert second["difference"] == pytest.approx(-2 / 9) and second["low"] == pytest.approx(-3 / 9)
    done = fsim("compare", runs[0], the_run(older, "runs/finished"), "--json")
    assert done.returncode == 0, done.stderr
    (protocol,) = json.loads(done.stdout)["protocols"]
    _, second = (one for one in protocol["metrics"] if one["metric"] == "exact/recall@1")
    assert second["value"] == pytest.approx(8 / 9) and second["difference"] == pytest.approx(4 / 9)


def test_a_run_is_evaluated_as_it_was(fsim: Fsim, older: Path) -> None:
    run = the_run(older, "runs/finished")
    before = json.loads((older / "expected" / "evaluation.json").read_text())
    done = fsim("evaluate", run, "--split", "train", "--json", cwd=older)
    assert done.returncode == 0, done.stderr
    (line,) = json.loads(done.stdout)
    line.pop("timings")
    assert close(line, before), (line, before)
    assert [file.name for file in (run / "evaluations").iterdir()] == [f"best-{before['fingerprint']}"]
    done = fsim("evaluate", run, "--checkpoint", "last", "--json", cwd=older)
    assert done.returncode == 0, done.stderr
    (line,) = json.loads(done.stdout)
    wanted = metrics(run)[-1]
    assert line["fingerprint"] == wanted["fingerprint"] and close(line["metrics"], wanted["metrics"])


def test_reports_are_written(fsim: Fsim, older: Path) -> None:
    for name, shown in (("finished", "last network, epoch 2"), ("stopped", "best network, epoch 1")):
        run = the_run(older, f"runs/{name}")
        done = fsim("report", run, cwd=older)
        assert done.returncode == 0, done.stderr
        page = (run / "report.html").read_text(encoding="utf-8")
        assert shown in page and "exact/recall@1" in page


def test_indexes_are_searched_and_added_to(fsim: Fsim, older: Path) -> None:
    run, picture = the_run(older, "runs/finished"), older / "pictures" / "val" / "hat" / "1.jpg"
    for index in ("default", "near"):
        found = answers(fsim("search", run / "indexes" / index, picture, "-k", 9, "--json", cwd=older))
        assert close(found, expected_answers(older, "by_picture")), index
    by_words = fsim("search", run / "indexes" / "default", "--text", "a dark skirt", "-k", 9, "--json", cwd=older)
    assert close(answers(by_words), expected_answers(older, "by_words"))
    for index in ("default", "near"):
        added = fsim("index", run, "--name", index, "--split", "train", "--add", cwd=older)
        assert added.returncode == 0 and "24 images" in added.stdout, added.stderr
        again = fsim("index", run, "--name", index, "--split", "val", "--add", cwd=older)
        assert again.returncode == 2 and "has all of these" in again.stderr
        filtered = ("-k", 9, "--filter", "split=val", "--json")
        found = answers(fsim("search", run / "indexes" / index, picture, *filtered, cwd=older))
        assert close(found, expected_answers(older, "by_picture")), index


def test_an_index_is_served(serving: Serving, older: Path) -> None:
    run, picture = the_run(older, "runs/finished"), older / "pictures" / "val" / "hat" / "1.jpg"
    with (
        serving(run / "indexes" / "default", cwd=older) as address,
        httpx.Client(base_url=address, timeout=30) as client,
    ):
        for form, files, name in (
            ({"k": 9}, {"image": picture.read_bytes()}, "by_picture"),
            ({"k": 9, "text": "a dark skirt"}, None, "by_words"),
        ):
            answer = client.post("/api/search", data=form, files=files)
            assert answer.status_code == 200, answer.text
            found = [(one["id"], one["score"]) for one in answer.json()["results"]]
            assert close(found, [(one["id"], one["score"]) for one in expected_answers(older, name)])
        image = client.get("/api/images/1")
        assert image.status_code == 200 and image.headers["content-type"].startswith("image/")


def test_a_run_is_exported(fsim: Fsim, older: Path) -> None:
    run = the_run(older, "runs/finished")
    done = fsim("export", run, "--to", "safetensors", cwd=older)
    assert done.returncode == 0, done.stderr
    weights = safetensors.torch.load_file(run / "exports" / "safetensors" / "model.safetensors")
    kept = checkpoint(run, "best")["model"]
    assert weights.keys() == kept.keys() and all(torch.equal(weights[name], kept[name]) for name in kept)


def test_a_backbone_starts_from_a_checkpoint(fsim: Fsim, older: Path) -> None:
    run = the_run(older, "runs/finished")
    changes = (f"model.backbone.weights={run / 'checkpoints' / 'best.pt'}", "train.frozen={backbone: null}")
    done = fsim("run", "stopped.yaml", *changes, "train.epochs=1", "--out", older / "new", cwd=older)
    assert done.returncode == 0, done.stderr
    before, after = checkpoint(run, "best")["model"], checkpoint(the_run(older, "new/stopped"), "last")["model"]
    backbone = [name for name in before if name.startswith("backbone.")]
    assert "backbone.network.conv1.weight" in backbone
    assert all(torch.equal(before[name], after[name]) for name in backbone)
