"""fsim runs, whole."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from fsim.cli import main

CODE = """
import sys
from fsim.cli import main
try: main(sys.argv[1:])
except SystemExit as left: assert left.code == 0, left.code
slow = {'torch', 'torchvision', 'ignite', 'pandas', 'sklearn', 'numpy'} & set(sys.modules)
assert not slow, slow
"""


@pytest.fixture
def runs(made_run: Any, tmp_path: Path) -> Path:
    made_run("runs/made/20250101T000000Z", values=[0.5, 0.25], epochs=2)
    made_run("runs/made/20250102T000000Z", values=[0.75], epochs=2)
    (made_run("runs/made/20250103T000000Z", values=[0.75], epochs=2).path / "recipe.yaml").write_text("a: [")
    return tmp_path / "runs"


def test_a_table_of_runs_without_torch(runs: Path) -> None:
    command = [sys.executable, "-c", CODE, "runs", str(runs), "--metric", "exact/map@r"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    rows = [[cell.strip() for cell in line.split("│")[1:-1]] for line in done.stdout.splitlines() if "made/" in line]
    monitor = "exact/recall@1"
    assert rows[:2] == [
        ["made/20250102T000000Z", "1/2", "unfinished", "val", monitor, "0.7500", "0.7500 (1)", "0.3000", "0:00:11"],
        ["made/20250101T000000Z", "2/2", "finished", "val", monitor, "0.2500", "0.5000 (1)", "0.3000", "0:00:22"],
    ]
    assert f"warning: {runs / 'made' / '20250103T000000Z'} is left out: it is no whole run" in done.stdout
    assert "different things" not in done.stdout


def listed(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    with pytest.raises(SystemExit) as left:
        main(["runs", *arguments])
    said = capsys.readouterr()
    assert left.value.code == (2 if said.err else 0)
    return said.err or said.out


def test_runs_that_were_asked_different_things_are_told(
    runs: Path, made_run: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    made_run("runs/other/20250104T000000Z", values=[0.1], epochs=1, name="other", fingerprint="g")
    table = listed([str(runs)], capsys)
    assert "asked 2 different things" in table
    asked = [line.split("│")[-2].strip() for line in table.splitlines() if line.startswith("│")]
    assert asked == ["1", "2", "2"]
    found = json.loads(listed([str(runs), "--filter", "name=other", "--json"], capsys))
    (row,) = found["runs"]
    assert row["metrics"]["exact/recall@1"] == 0.1 and row["best"] == {"value": 0.1, "epoch": 1}
    assert row["fingerprint"] == "g" and row["time"] == "2025-01-04T00:00:00+00:00"
    assert len(found["warnings"]) == 1  # the damaged one


def test_mistakes_are_told(runs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "there is no folder" in listed([str(tmp_path / "nowhere")], capsys)
    assert "did you mean 'exact/map@r'" in listed([str(runs), "--metric", "exact/map"], capsys)
    assert "none of the 2 runs" in listed([str(runs), "--filter", "name=none"], capsys)
