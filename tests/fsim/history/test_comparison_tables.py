from __future__ import annotations

import math
from pathlib import Path

import pandas as pd

from fsim.history.comparison import ProtocolComparison
from fsim.history.comparison_tables import comparison_page, difference_table, metric_table
from fsim.store.run_folder import RunFolder

FOLDERS = [RunFolder(Path("runs/small/a")), RunFolder(Path("runs/small/b"))]
INTERVAL = {"difference": 0.25, "low": 0.125, "high": 0.375, "p": 0.002}


def comparison(warnings: list[str]) -> ProtocolComparison:
    rows = [
        {"metric": name, "run": str(folder.path), "value": value, "best": best, **(INTERVAL if best else {})}
        for name in ("exact/recall@1", "exact/macro_recall@1")
        for folder, value, best in zip(FOLDERS, (0.5, 0.75), (False, True), strict=True)
    ]
    table = pd.DataFrame(
        [*rows, {"metric": "exact/map", "run": str(FOLDERS[0].path), "value": math.nan, "best": False}]
    )
    table = pd.concat([table, table[-1:].assign(run=str(FOLDERS[1].path))], ignore_index=True)
    return ProtocolComparison("val", "val", table, warnings)


def test_a_cell_has_the_value_and_its_difference_to_the_first_run() -> None:
    table = metric_table(comparison([]), FOLDERS)
    assert list(table.header) == ["metric", "a", "b"]
    assert [list(row) for row in table.rows] == [
        ["exact/recall@1", "0.5000", "0.7500* (+0.250, +0.125 to +0.375, p 0.002)"],
        ["exact/map", "-", "-"],
    ]


def test_a_page_has_the_recipes_and_each_protocol(tmp_path: Path) -> None:
    differences = pd.DataFrame({"runs/small/a": [1, "x"], "runs/small/b": [2, "y"]}, index=["seed", "name"])
    assert [list(row) for row in difference_table(differences).rows] == [["seed", "1", "2"], ["name", "x", "y"]]
    comparison_page(FOLDERS, differences, [comparison(["they were asked different things"])]).write(tmp_path / "p.html")
    page = (tmp_path / "p.html").read_text(encoding="utf-8")
    assert "they were asked different things" in page and "0.7500*" in page and "runs/small/a; runs/small/b" in page
