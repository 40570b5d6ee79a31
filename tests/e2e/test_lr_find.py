"""fsim lr-find, whole."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

Fsim = Callable[..., "subprocess.CompletedProcess[str]"]
SHORT = ["model.backbone.num_stages=2", "--steps", 40]


def test_a_rate_is_suggested_and_nothing_else_is_left(fsim: Fsim, small_recipe: Path, tmp_path: Path) -> None:
    done = fsim("lr-find", small_recipe, *SHORT, "--html", tmp_path / "curve.html", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    told = re.search(
        r"the line for the recipe \(now 0\.001\): (train\.optimizer=\{name: adamw, lr: (\S+)\})", done.stdout
    )
    assert told is not None
    page = (tmp_path / "curve.html").read_text(encoding="utf-8")
    assert told[1] in page and "suggested learning rate" in page
    assert {file.name for file in tmp_path.iterdir()} == {"small.yaml", "curve.html"}
    taken = fsim("lr-find", small_recipe, *SHORT, told[1], "train.scheduler={name: cosine}", "--json", cwd=tmp_path)
    assert taken.returncode == 0, taken.stderr
    found = json.loads(taken.stdout)
    assert found["line"] == f"train.optimizer.lr={told[2]}" and found["before"] == float(told[2])
    assert len(found["steps"]) <= 40 and found["suggestion"] in [step["learning_rate"] for step in found["steps"]]


def test_mistakes_are_told(fsim: Fsim, small_recipe: Path) -> None:
    for arguments, told in (
        (["--start", 1, "--end", 0.1], "the start below the end"),
        (["--html", small_recipe], "no page of fsim's"),
        (["train.optimizer.name=adamx"], "did you mean 'adam"),
    ):
        done = fsim("lr-find", small_recipe, *arguments)
        assert done.returncode == 2 and told in done.stderr and "Traceback" not in done.stderr, done.stderr
