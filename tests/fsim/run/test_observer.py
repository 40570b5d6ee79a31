"""A run that is observed: told of each evaluation, and stopped by who observes it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from fsim.evaluation.protocol_result import ProtocolResult
from fsim.history.run_record import read_record
from fsim.recipe.checked_recipe import CheckedRecipe
from fsim.recipe.validate import check_recipe
from fsim.run.keeper import RunResult
from fsim.run.observer import (
    EpochSummary,
    MonitoredEvaluation,
    RunObserver,
    RunResumption,
    RunStart,
    RunStop,
    StepProgress,
    StopRunError,
)
from fsim.run.run import run_recipe
from fsim.run.session import open_session
from fsim.store.checkpoint import load_checkpoint
from fsim.store.metric_lines import TrainingLine
from fsim.store.run_folder import RunFolder


class Watch(RunObserver):
    """Tells a function of each monitored evaluation."""

    def __init__(self, tell: Callable[[MonitoredEvaluation], None]) -> None:
        self.tell = tell

    def resumed(self, resumption: RunResumption) -> None:
        if resumption.monitored is not None:
            self.tell(resumption.monitored)

    def epoch_ended(self, summary: EpochSummary) -> None:
        if summary.monitored is not None:
            self.tell(summary.monitored)


def run(checked: CheckedRecipe, folder: RunFolder, *observers: RunObserver) -> RunResult:
    with open_session(folder) as session:
        result = run_recipe(checked, session, observers, resume=folder.recipe.is_file())
    assert result is not None
    return result


def test_a_run_that_is_stopped_is_whole_and_goes_on(small_recipe: Path, tmp_path: Path) -> None:
    checked = check_recipe(small_recipe, ["train.epochs=3", "trackers=[]"])
    folder = RunFolder.create(tmp_path, "small")
    told: list[MonitoredEvaluation] = []

    def stop_after_two(one: MonitoredEvaluation) -> None:
        told.append(one)
        if one.epoch == 2:
            raise StopRunError("enough")

    with pytest.raises(StopRunError, match=r"stopped; all up to step \d+ is saved: enough"):
        run(checked, folder, Watch(stop_after_two))
    record = read_record(folder)
    assert (record.epochs_done, record.state[:15]) == (2, "stopped at step")
    result = run(checked, folder, Watch(told.append))
    assert told[1] == told[2], "what it may not have heard is told again"
    images = load_checkpoint(folder.last).content["training_images"]
    assert [told[0], *told[2:]] == [
        MonitoredEvaluation(int(line.epoch), line.metrics["exact/recall@1"], line.epoch == 3, line.fingerprint, images)
        for line in folder.evaluation_lines()
    ]
    assert [one.epoch for one in told] == [1, 2, 2, 3]
    assert result.best is not None and result.best.value == max(one.value for one in told if one.value is not None)


def test_an_early_end_is_one(small_recipe: Path, tmp_path: Path) -> None:
    still = ["train.optimizer={name: sgd, lr: 1e-30}", "train.early_stopping={patience: 1}"]  # nothing is gained
    checked = check_recipe(small_recipe, ["train.epochs=3", "trackers=[]", *still])
    told: list[MonitoredEvaluation] = []
    folder = RunFolder.create(tmp_path, "small")
    run(checked, folder, Watch(told.append))
    assert [(one.epoch, one.finished) for one in told] == [(1, False), (2, True)]
    run(checked, folder, Watch(told.append))
    assert told[2] == told[1], "taken up at its end"


def test_without_a_metric_that_chooses_none_is_told(small_recipe: Path, tmp_path: Path) -> None:
    checked = check_recipe(
        small_recipe, ["train.epochs=3", "trackers=[]", "evaluation.monitor=null", "evaluation.every=2"]
    )
    told: list[MonitoredEvaluation] = []
    run(checked, RunFolder.create(tmp_path, "small"), Watch(told.append))
    assert [(one.epoch, one.value) for one in told] == [(2, None), (3, None)]


class Noted(RunObserver):
    """The names of all events, in order."""

    def __init__(self) -> None:
        self.events: list[str] = []

    def started(self, start: RunStart) -> None:
        self.events.append("started")

    def resumed(self, resumption: RunResumption) -> None:
        self.events.append(f"resumed after epoch {resumption.epoch}")

    def step_ended(self, progress: StepProgress) -> None:
        assert 1 <= progress.position <= progress.steps_per_epoch and progress.losses["loss"] > 0
        if progress.position == progress.steps_per_epoch:
            self.events.append(f"all steps of epoch {progress.epoch}")

    def trained(self, line: TrainingLine) -> None:
        self.events.append(f"trained {line.epoch}")

    def measured(self, results: Sequence[ProtocolResult], at_end: bool) -> None:
        assert all(result.line.alarms is not None for result in results)
        self.events.append("measured at the end" if at_end else "measured")

    def epoch_ended(self, summary: EpochSummary) -> None:
        assert summary.training is not None and summary.training.epoch == summary.epoch
        self.events.append(f"epoch {summary.epoch} ended with {len(summary.evaluations)} evaluations")

    def finished(self) -> None:
        self.events.append("finished")

    def stopped(self, stop: RunStop) -> None:
        self.events.append(f"stopped, hurried: {stop.hurried}")

    def close(self) -> None:
        self.events.append("closed")


def test_events_come_in_their_order(small_recipe: Path, tmp_path: Path) -> None:
    checked = check_recipe(small_recipe, ["train.epochs=3", "trackers=[]", "evaluation.every=2"])
    folder, first, second = RunFolder.create(tmp_path, "small"), Noted(), Noted()

    def stop(evaluation: MonitoredEvaluation) -> None:
        raise StopRunError("enough")

    with pytest.raises(StopRunError):
        run(checked, folder, first, Watch(stop))
    run(checked, folder, second)
    assert first.events == [
        "started",
        "all steps of epoch 1",
        "trained 1",
        "epoch 1 ended with 0 evaluations",
        "all steps of epoch 2",
        "trained 2",
        "measured",
        "epoch 2 ended with 1 evaluations",
        "stopped, hurried: False",
        "closed",
    ]
    assert second.events == [
        "started",
        "resumed after epoch 2",
        "all steps of epoch 3",
        "trained 3",
        "measured at the end",
        "epoch 3 ended with 1 evaluations",
        "finished",
        "closed",
    ]


def test_an_error_of_an_observer_ends_the_run_and_closes_all(small_recipe: Path, tmp_path: Path) -> None:
    class Failing(RunObserver):
        def trained(self, line: TrainingLine) -> None:
            raise OSError("no tracker")

    noted = Noted()
    checked = check_recipe(small_recipe, ["trackers=[]"])
    with pytest.raises(OSError, match="no tracker"):
        run(checked, RunFolder.create(tmp_path, "small"), Failing(), noted)
    assert noted.events[0] == "started" and noted.events[-1] == "closed" and "finished" not in noted.events
