from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
import torch

from fsim.history.resume_proof import MOST_SHOWN, differences
from fsim.store.checkpoint import save_checkpoint
from fsim.store.run_folder import RunFolder

from ..lines import MONITOR, evaluation_line, training_line


def written(path: Path, seconds: float = 10, **changes: Any) -> RunFolder:
    """A run with two checkpoints and two lines; `changes` stand in its state."""
    folder = RunFolder(path)
    folder.checkpoints.mkdir(parents=True)
    state = {"model": {"w": torch.tensor([1.0, math.nan])}, "step": 4, "sums": {"loss": math.nan}, "ids": [1, 2]}
    save_checkpoint(folder.last, {**state, "resolved": {"name": path.name}, **changes})
    save_checkpoint(folder.best, {"model": state["model"], "epoch": 2, "best": None})
    folder.append_metric_lines([training_line(1, seconds), evaluation_line(1, {MONITOR: math.nan})])
    return folder


def test_timings_and_recipes_may_differ(tmp_path: Path) -> None:
    assert differences(written(tmp_path / "a", seconds=1), written(tmp_path / "b", seconds=2)) == []


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"model": {"w": torch.tensor([1.0, 2.0])}}, "last.pt: model.w"),
        ({"model": {"w": torch.tensor([1.0])}}, "last.pt: model.w"),
        ({"step": 5}, "last.pt: step: 4 and 5"),
        ({"ids": [1, 3]}, "last.pt: ids.2: 2 and 3"),
        ({"ids": [1]}, "last.pt: ids: [1, 2] and [1]"),
        ({"more": 1}, "last.pt: more is in one of them only"),
    ],
)
def test_a_difference_is_shown_with_its_place(tmp_path: Path, changes: dict[str, Any], path: str) -> None:
    assert differences(written(tmp_path / "a"), written(tmp_path / "b", **changes)) == [path]


def test_zero_is_not_minus_zero(tmp_path: Path) -> None:
    first, second = (written(tmp_path / name, zero=torch.tensor(value)) for name, value in (("a", 0.0), ("b", -0.0)))
    assert differences(first, second) == ["last.pt: zero"]


def test_metrics_count_and_only_the_first_differences_are_shown(tmp_path: Path) -> None:
    first, second = written(tmp_path / "a"), written(tmp_path / "b")
    second.keep_metric_lines(lambda line: line.split == "train")
    second.append_metric_lines([evaluation_line(1, {MONITOR: 0.5, **{f"exact/{name}": 1.0 for name in "abcdefg"}})])
    found = differences(first, second)
    assert found[0] == f"metrics.jsonl: line 2.metrics.{MONITOR}: None and 0.5" and len(found) == MOST_SHOWN
