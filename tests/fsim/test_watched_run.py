"""A run that is watched: told of each evaluation, and stopped by who watches it."""

from __future__ import annotations

from pathlib import Path

import pytest

from fsim.checked_recipe import CheckedRecipe
from fsim.display import Display
from fsim.keeper import Watch
from fsim.run import Result, StopRunError, execute
from fsim.run_folder import RunFolder
from fsim.run_record import read_record
from fsim.validate import check_recipe


def run(checked: CheckedRecipe, folder: RunFolder, watch: Watch) -> Result:
    with Display(folder.log) as display:
        return execute(checked, folder, display, resume=folder.recipe.is_file(), watch=watch)


def test_a_run_that_is_stopped_is_whole_and_goes_on(small_recipe: Path, tmp_path: Path) -> None:
    checked = check_recipe(small_recipe, ["train.epochs=3", "trackers=[]"])
    folder = RunFolder.create(tmp_path, "small")
    told: list[tuple[int, float | None]] = []

    def stop_after_two(epoch: int, value: float | None) -> None:
        told.append((epoch, value))
        if epoch == 2:
            raise StopRunError("enough")

    with pytest.raises(StopRunError, match=r"stopped; all up to step \d+ is saved: enough"):
        run(checked, folder, stop_after_two)
    record = read_record(folder)
    assert (record.epochs_done, record.state[:15]) == (2, "stopped at step")
    result = run(checked, folder, lambda epoch, value: told.append((epoch, value)))
    evaluated = [line for line in folder.read_metrics() if "protocol" in line]
    assert told == [(line["epoch"], line["metrics"]["exact/recall@1"]) for line in evaluated]
    assert [epoch for epoch, _ in told] == [1, 2, 3]
    assert result.best is not None and result.best["value"] == max(value for _, value in told if value is not None)


def test_without_a_metric_that_chooses_none_is_told(small_recipe: Path, tmp_path: Path) -> None:
    checked = check_recipe(
        small_recipe, ["train.epochs=3", "trackers=[]", "evaluation.monitor=null", "evaluation.every=2"]
    )
    told: list[tuple[int, float | None]] = []
    run(checked, RunFolder.create(tmp_path, "small"), lambda epoch, value: told.append((epoch, value)))
    assert told == [(2, None), (3, None)]
