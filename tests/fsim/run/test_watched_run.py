"""A run that is watched: told of each evaluation, and stopped by who watches it."""

from __future__ import annotations

from pathlib import Path

import pytest

from fsim.history.run_record import read_record
from fsim.recipe.checked_recipe import CheckedRecipe
from fsim.recipe.validate import check_recipe
from fsim.run.keeper import Watch
from fsim.run.run import Result, StopRunError, execute
from fsim.run.watched import Watched
from fsim.runtime.display import Display
from fsim.store.checkpoint import load_checkpoint
from fsim.store.run_folder import RunFolder


def run(checked: CheckedRecipe, folder: RunFolder, watch: Watch) -> Result:
    with Display(folder.log) as display:
        return execute(checked, folder, display, resume=folder.recipe.is_file(), watch=watch)


def test_a_run_that_is_stopped_is_whole_and_goes_on(small_recipe: Path, tmp_path: Path) -> None:
    checked = check_recipe(small_recipe, ["train.epochs=3", "trackers=[]"])
    folder = RunFolder.create(tmp_path, "small")
    told: list[Watched] = []

    def stop_after_two(one: Watched) -> None:
        told.append(one)
        if one.epoch == 2:
            raise StopRunError("enough")

    with pytest.raises(StopRunError, match=r"stopped; all up to step \d+ is saved: enough"):
        run(checked, folder, stop_after_two)
    record = read_record(folder)
    assert (record.epochs_done, record.state[:15]) == (2, "stopped at step")
    result = run(checked, folder, told.append)
    assert told[1] == told[2], "what it may not have heard is told again"
    images = load_checkpoint(folder.last).content["training_images"]
    assert [told[0], *told[2:]] == [
        Watched(int(line.epoch), line.metrics["exact/recall@1"], line.epoch == 3, line.fingerprint, images)
        for line in folder.evaluation_lines()
    ]
    assert [one.epoch for one in told] == [1, 2, 2, 3]
    assert result.best is not None and result.best.value == max(one.value for one in told if one.value is not None)


def test_an_early_end_is_one(small_recipe: Path, tmp_path: Path) -> None:
    still = ["train.optimizer={name: sgd, lr: 1e-30}", "train.early_stopping={patience: 1}"]  # nothing is gained
    checked = check_recipe(small_recipe, ["train.epochs=3", "trackers=[]", *still])
    told: list[Watched] = []
    folder = RunFolder.create(tmp_path, "small")
    run(checked, folder, told.append)
    assert [(one.epoch, one.finished) for one in told] == [(1, False), (2, True)]
    run(checked, folder, told.append)
    assert told[2] == told[1], "taken up at its end"


def test_without_a_metric_that_chooses_none_is_told(small_recipe: Path, tmp_path: Path) -> None:
    checked = check_recipe(
        small_recipe, ["train.epochs=3", "trackers=[]", "evaluation.monitor=null", "evaluation.every=2"]
    )
    told: list[Watched] = []
    run(checked, RunFolder.create(tmp_path, "small"), told.append)
    assert [(one.epoch, one.value) for one in told] == [(2, None), (3, None)]
