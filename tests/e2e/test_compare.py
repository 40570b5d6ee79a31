"""fsim compare, whole."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

Fsim = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="module")
def runs(fsim: Fsim, small_recipe_text: str, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Two runs of one recipe that differ in the seed."""
    out = tmp_path_factory.mktemp("out")
    (out / "small.yaml").write_text(small_recipe_text, encoding="utf-8")
    for name, seed in (("a", 0), ("b", 1)):
        done = fsim("run", out / "small.yaml", "trackers=[]", f"seed={seed}", "--out", out / name)
        assert done.returncode == 0, done.stderr
    return [next((out / name / "small").iterdir()) for name in "ab"]


def test_two_runs(fsim: Fsim, runs: list[Path], tmp_path: Path) -> None:
    first, second = runs
    table, page = tmp_path / "c.csv", tmp_path / "c.html"
    done = fsim("compare", first, second, "--json", "--csv", table, "--html", page)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["recipes"] == {"seed": {str(first): "0", str(second): "1"}}
    (protocol,) = found["protocols"]
    assert protocol["split"] == "val" and protocol["warnings"] == []
    rows = {(row["metric"], row["run"]): row for row in protocol["metrics"]}
    recall = rows["exact/recall@1", str(second)]
    per_query = [pd.read_csv(run / "per_query" / "last" / "val.csv")["exact/recall@1"] for run in (first, second)]
    assert recall["difference"] == pytest.approx((per_query[1] - per_query[0]).mean(), abs=1e-9)
    assert recall["low"] <= recall["difference"] <= recall["high"] and 0 < recall["p"] <= 1
    assert rows["exact/recall@1", str(first)]["difference"] is None
    assert len(pd.read_csv(table)) == len(protocol["metrics"])
    assert "Comparison of runs" in page.read_text(encoding="utf-8")
    shown = fsim("compare", first, second)
    assert shown.returncode == 0 and "what the recipes differ in" in shown.stdout


def test_what_was_evaluated_later_is_compared_too(fsim: Fsim, runs: list[Path], tmp_path: Path) -> None:
    both = [shutil.copytree(run, tmp_path / name) for run, name in zip(runs, "ab", strict=True)]
    for run in both:
        done = fsim("evaluate", run, "--checkpoint", "last", "--split", "train")
        assert done.returncode == 0, done.stderr
    done = fsim("compare", *both, "--json")
    assert done.returncode == 0, done.stderr
    protocols = {one["split"]: one for one in json.loads(done.stdout)["protocols"]}
    assert [*protocols] == ["val", "train"] and not protocols["train"]["warnings"]
    (recall,) = (
        row for row in protocols["train"]["metrics"] if row["metric"] == "exact/recall@1" and row["run"] == str(both[1])
    )
    (table,) = (both[1] / "evaluations").glob("last-*/train.csv")
    assert recall["value"] == pytest.approx(pd.read_csv(table)["exact/recall@1"].mean())
    assert recall["low"] <= recall["difference"] <= recall["high"]


def test_mistakes_are_told(fsim: Fsim, tmp_path: Path) -> None:
    for arguments, told in (
        ([tmp_path], "give two run folders or more"),
        ([tmp_path, tmp_path], "give two run folders or more"),
        ([tmp_path, tmp_path / "x"], "is not the folder of a run"),
    ):
        done = fsim("compare", *arguments)
        assert done.returncode == 2 and told in done.stderr and "Traceback" not in done.stderr
