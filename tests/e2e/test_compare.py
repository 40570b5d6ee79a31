"""fsim compare, whole."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

Fsim = Callable[..., "subprocess.CompletedProcess[str]"]


def test_three_runs(fsim: Fsim, small_recipe: Path, tmp_path: Path) -> None:
    for name, seed in (("a", 0), ("b", 1)):
        done = fsim("run", small_recipe, "trackers=[]", f"seed={seed}", "--out", tmp_path / name)
        assert done.returncode == 0, done.stderr
    first, second = (next((tmp_path / name / "small").iterdir()) for name in "ab")
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

    # another protocol: no intervals, and a warning
    lines = (second / "metrics.jsonl").read_text().replace('"num_queries": 12,', '"num_queries": 11,')
    (second / "metrics.jsonl").write_text(lines.replace('"fingerprint": "', '"fingerprint": "other'))
    done = fsim("compare", first, second, "--json")
    assert done.returncode == 0, done.stderr
    (protocol,) = json.loads(done.stdout)["protocols"]
    assert "num_queries differ" in protocol["warnings"][0]
    assert all(row["p"] is None for row in protocol["metrics"])


def test_mistakes_are_told(fsim: Fsim, tmp_path: Path) -> None:
    for arguments, told in (
        ([tmp_path], "give two run folders or more"),
        ([tmp_path, tmp_path], "give two run folders or more"),
        ([tmp_path, tmp_path / "x"], "is not the folder of a run"),
    ):
        done = fsim("compare", *arguments)
        assert done.returncode == 2 and told in done.stderr and "Traceback" not in done.stderr
