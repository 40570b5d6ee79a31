"""fsim backup and restore, whole."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

Fsim = Callable[..., "subprocess.CompletedProcess[str]"]


def test_a_run_backs_itself_up_and_is_brought_back_and_verified(fsim: Fsim, small_recipe: Path, tmp_path: Path) -> None:
    url = tmp_path / "backups"
    done = fsim("run", small_recipe, f"backup={{url: {url}}}", "trackers=[]", "--out", tmp_path / "runs")
    assert done.returncode == 0, done.stderr
    (run,) = (tmp_path / "runs" / "small").iterdir()
    there = url / "small" / run.name
    (tmp_path / "runs").rename(tmp_path / "lost")
    done = fsim("restore", there, "--out", tmp_path / "runs", "--verify")
    assert done.returncode == 0, done.stderr
    assert "verified: val as recorded" in done.stdout
    assert '"state": "finished"' in (run / "status.json").read_text(), "the last copy knows how the run ended"
    again = fsim("backup", run, tmp_path / "second", "--part", "checkpoints")
    assert again.returncode == 0 and "is up to date" in again.stdout
    # another network under the recorded metrics
    shutil.rmtree(tmp_path / "runs")
    lost = tmp_path / "lost" / "small" / run.name
    metrics = (lost / "metrics.jsonl").read_text()
    (lost / "metrics.jsonl").write_text(metrics.replace('"exact/recall@1": ', '"exact/recall@1": -'))
    assert fsim("backup", lost, tmp_path / "third").returncode == 0
    done = fsim("restore", tmp_path / "third" / "small" / run.name, "--out", tmp_path / "runs", "--verify")
    assert done.returncode == 2 and "val exact/recall@1 is" in done.stderr and "Traceback" not in done.stderr


def test_mistakes_are_told(fsim: Fsim, small_recipe: Path, tmp_path: Path) -> None:
    for arguments, told in (
        (
            ["run", small_recipe, "backup={url: 'nosuch://x'}", "--out", tmp_path],
            "a URL that fsspec knows",
        ),
        (["run", small_recipe, "backup={url: x, parts: [chekpoints]}"], "backup.parts.0"),
        (["restore", tmp_path / "none"], "there is no backup at"),
        (["backup", tmp_path, tmp_path / "x"], "is not the folder of a run"),
    ):
        done = fsim(*arguments)
        assert done.returncode == 2 and told in done.stderr and "Traceback" not in done.stderr, done.stderr
