"""fsim tune, whole."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from fsim.history.run_record import find_runs

Fsim = Callable[..., "subprocess.CompletedProcess[str]"]
Stopped = Callable[..., tuple[int, str]]
ROOT = Path(__file__).resolve().parents[2]
FRAGILE = """
from torch import Tensor, nn


class Fragile(nn.Module):
    def __init__(self, fault: int = 0) -> None:
        super().__init__()
        self.fault = fault

    def forward(self, embedding: Tensor) -> Tensor:
        if self.fault:
            raise RuntimeError(f"fault {self.fault} of a plugin")
        return embedding.square().mean()
"""
SEARCH = """
  - {name: fragile, weight: 0.01}
trackers: []
search:
  losses.2.fault: {choices: [0, 1, 2, 3, 4, 5, 6, 7]}
  losses.0.margin: {low: 0.5, high: 2.0, log: true}
"""


@pytest.fixture
def fragile_recipe(small_recipe: Path, tmp_path: Path) -> Path:
    """A recipe whose loss, of a plugin, fails with all values but its own."""
    info = tmp_path / "plugin" / "fragile-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: fragile\nVersion: 1.0\n", encoding="utf-8")
    (info / "entry_points.txt").write_text("[fsim.losses]\nfragile = fragile:Fragile\n", encoding="utf-8")
    (info.parent / "fragile.py").write_text(FRAGILE, encoding="utf-8")
    text = small_recipe.read_text(encoding="utf-8")
    head, tail = text.split("train: {epochs: 2}\n")
    small_recipe.write_text(f"# What it is for.\n{head.rstrip()}{SEARCH}train: {{epochs: 2}}\n{tail}", encoding="utf-8")
    return small_recipe


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_killed_stopped_and_resumed_it_ends_with_the_trials_asked_for(
    fsim: Fsim, stopped: Stopped, fragile_recipe: Path, tmp_path: Path
) -> None:
    env = {"PYTHONPATH": str(tmp_path / "plugin")}
    given: list[object] = ["tune", fragile_recipe, "--trials", 4, "--out", tmp_path / "runs"]
    killed, _ = stopped(given, signal.SIGKILL, env)
    assert killed == -signal.SIGKILL
    folder = tmp_path / "runs" / "small" / "study"
    (run,) = (path for path in folder.parent.iterdir() if path != folder)

    done = fsim(*given, "--json", env=env)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert (found["wanted"], found["finished"], len(found["trials"])) == (4, 4, 4)
    own, *others = found["trials"]
    assert own == found["best"] and own["state"] == "complete" and own["values"]["losses.2.fault"] == 0
    assert own["run"] == str(run) and "going on after epoch" in (run / "log.txt").read_text(encoding="utf-8")
    lines = [json.loads(line) for line in (run / "metrics.jsonl").read_text(encoding="utf-8").splitlines()]
    values = {line["epoch"]: line["metrics"]["exact/recall@1"] for line in lines if "protocol" in line}
    assert list(values) == [1, 2] and own["value"] == max(values.values()) == values[own["epoch"]]
    assert any(one["state"] == "failed" for one in others)
    for one in others:
        fault = one["values"]["losses.2.fault"]
        assert one["state"] == ("failed" if fault else one["state"])
        assert one["reason"] == (f"RuntimeError: fault {fault} of a plugin" if fault else None)
        assert not fault or one["run"] is None, "nothing was learned in it"

    best = yaml.safe_load((folder / "best.yaml").read_text(encoding="utf-8"))
    assert "search" not in best and best["losses"][0]["margin"] == own["values"]["losses.0.margin"]
    assert "search" not in yaml.safe_load((run / "recipe.yaml").read_text(encoding="utf-8"))
    page = (folder / "tune.html").read_text(encoding="utf-8")
    assert f'<a href="../{run.name}/report.html">0 (own values)</a>' in page
    assert "of a plugin" in page and "stay the best" in page and "http://" not in page
    learned = {one["run"] for one in found["trials"]} - {None}
    assert {str(one.path) for one in find_runs(tmp_path / "runs")} == learned, "the study is no run"

    again = fsim(*given, env=env)  # nothing is left to do
    assert again.returncode == 0 and "4 of 4 trials are finished" in again.stdout and "epoch 1/2" not in again.stdout


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_sigterm_saves_and_says_how_to_go_on(stopped: Stopped, fragile_recipe: Path, tmp_path: Path) -> None:
    given: list[object] = ["tune", fragile_recipe, "--trials", 1, "--out", tmp_path / "runs"]
    code, told = stopped(given, signal.SIGTERM, {"PYTHONPATH": str(tmp_path / "plugin")})
    assert (code, told) == (143, "fsim: stopped; 0 of 1 trials are finished and kept. Go on with the same command\n")
    (run,) = (tmp_path / "runs" / "small").glob("*Z")
    assert (run / "checkpoints" / "last.pt").is_file()


def test_other_data_is_no_trial_of_the_study(fsim: Fsim, small_recipe: Path, pictures: Path, tmp_path: Path) -> None:
    shutil.copytree(pictures, tmp_path / "pictures")
    text = small_recipe.read_text(encoding="utf-8").replace(str(pictures), str(tmp_path / "pictures"))
    small_recipe.write_text(f"{text}search:\n  losses.0.margin: {{low: 0.5, high: 2.0}}\n", encoding="utf-8")
    given: list[object] = [
        "tune",
        small_recipe,
        "train.epochs=1",
        "trackers=[]",
        "--out",
        tmp_path / "runs",
        "--trials",
    ]
    assert fsim(*given, 1).returncode == 0
    (tmp_path / "pictures" / "val" / "hat").rename(tmp_path / "hat")
    refused = fsim(*given, 2)
    assert refused.returncode == 2 and "Traceback" not in refused.stderr
    assert "the data changed since the study small/study began" in refused.stderr
    assert "what is evaluated: " in refused.stderr and "--study NAME" in refused.stderr
    assert "better" not in refused.stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--trials", "0", "search={train.epochs: {low: 1, high: 4}}"], "--trials 0: give 1 or more"),
        (["search={train.epochs: {low: 1, high: 4}}"], "--trials"),
    ],
)
def test_mistakes(fsim: Fsim, small_recipe: Path, tmp_path: Path, arguments: list[str], words: str) -> None:
    done = fsim("tune", small_recipe, *arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert words in done.stderr and "Traceback" not in done.stderr


def test_without_optuna_it_says_how_to_get_it(fsim: Fsim, small_recipe: Path, tmp_path: Path) -> None:
    (tmp_path / "optuna.py").write_text("raise ImportError('no optuna here')", encoding="utf-8")
    done = fsim("tune", small_recipe, "--trials", 2, env={"PYTHONPATH": str(tmp_path)})
    assert done.returncode == 2
    assert done.stderr == "fsim: fsim tune needs the package optuna (no optuna here): pip install 'fsim[tune]'\n"
