"""fsim run --seeds, whole: stopped in the second of two runs, and gone on with."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from ..ready_process import Forked

Fsim = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_ctrl_c_keeps_the_finished_runs_and_resume_gives_the_means(
    fsim: Fsim, started: Callable[..., Forked], small_recipe: Path, tmp_path: Path
) -> None:
    with small_recipe.open("a", encoding="utf-8") as recipe:
        recipe.write("  expect: {exact/recall@1: 0.5 +- 0.5}\nseed: 3\n")
    given = ["run", small_recipe, "train.epochs=1", "trackers=[]", "--seeds", 2, "--out", tmp_path / "runs"]
    with started(*given) as process:
        assert "seed 4, run 2 of 2\n" in process.stdout
        process.send_signal(signal.SIGINT)
        _, told = process.communicate(timeout=120)
    assert process.returncode == 130, told
    (file,) = (tmp_path / "runs" / "small").glob("*-seeds.json")
    assert told == f"fsim: stopped; 1 of 2 runs are finished and kept. Go on with: fsim resume {file}\n"

    done = fsim("resume", file)
    assert done.returncode == 0, done.stderr
    assert "seed 3, run" not in done.stdout and "val: 2 runs, last epoch" in done.stdout
    assert "\nmet: exact/recall@1 is " in done.stdout
    found = json.loads(file.read_text())
    assert found["seeds"] == [3, 4] == [run["seed"] for run in found["runs"]]
    runs = [file.parent / run["folder"] for run in found["runs"]]
    assert file.name == f"{runs[0].name}-seeds.json"
    trained, lines = zip(
        *(map(json.loads, (run / "metrics.jsonl").read_text().splitlines()) for run in runs), strict=True
    )
    assert trained[0]["metrics"]["loss"] != trained[1]["metrics"]["loss"]
    (val,) = found["protocols"]
    assert val["split"] == "val" and val["fingerprint"] == lines[0]["fingerprint"] == lines[1]["fingerprint"]
    assert list(val["metrics"]) == list(lines[0]["metrics"])
    for name, of in val["metrics"].items():
        assert of["values"] == [line["metrics"][name] for line in lines]
        assert of["mean"] == pytest.approx(np.mean(of["values"]))
        assert of["mean"] - of["low"] == pytest.approx(12.7062 * abs(np.diff(of["values"])[0]) / 2, rel=1e-4)
    with file.with_suffix(".csv").open(newline="") as table:
        rows = list(csv.DictReader(table))
    assert [row["metric"] for row in rows] == list(val["metrics"])
    assert float(rows[0]["seed 4"]) == lines[1]["metrics"][rows[0]["metric"]]
