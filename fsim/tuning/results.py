"""What a study has found so far, as plain data for tables, pages, programs and the best recipe."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from optuna.trial import FrozenTrial, TrialState

from fsim.history.comparison import compare_runs
from fsim.history.run_record import read_record
from fsim.recipe.search_space import label
from fsim.runtime.display import number
from fsim.store.run_folder import RunFolder
from fsim.tuning.study import Study
from fsim.tuning.tunable_recipe import value_of_label

STATES = {
    TrialState.RUNNING: "running",
    TrialState.COMPLETE: "complete",
    TrialState.PRUNED: "pruned",
    TrialState.FAIL: "failed",
}


@dataclass(frozen=True)
class TrialResult:
    """A trial, and what it gave.

    number   from 0 on; 0 has the recipe's own values
    state    complete, pruned, failed, or running: it goes on, or was killed
    values   path -> what was chosen, of the paths that were searched in it
    value    of the monitored metric: at the best epoch, of a pruned trial at its last; None where there is none
    epoch    at which it has that value
    reason   why it failed
    run      the name of its run folder; None where nothing was learned
    link     path from the study's folder to its report, or its folder; None where it is not on this disk
    seconds  from its start to its end
    """

    number: int
    state: str
    values: dict[str, Any]
    value: float | None
    epoch: int | None
    reason: str | None
    run: str | None
    link: str | None
    seconds: float | None


@dataclass(frozen=True)
class StudyResults:
    """All trials of a study, and how the best compares with the recipe's own values.

    sign      1 where more of the monitored metric is better, otherwise -1
    interval  of 95 %, over the queries, of how much better the best trial is than the recipe's own values; None where
              that is not known
    """

    monitor: str
    sign: int
    trials: list[TrialResult]
    interval: tuple[float, float] | None = None

    @property
    def complete(self) -> list[TrialResult]:
        """Trials that came to their end."""
        return [trial for trial in self.trials if trial.state == "complete"]

    def count(self, state: str) -> int:
        """Return how many trials are in a state."""
        return sum(trial.state == state for trial in self.trials)

    @property
    def finished(self) -> int:
        """How many trials are not running."""
        return len(self.trials) - self.count("running")

    @property
    def own(self) -> TrialResult | None:
        """The trial of the recipe's own values."""
        return self.trials[0] if self.trials else None

    @property
    def best(self) -> TrialResult | None:
        """The best complete trial; of equals the first."""
        by_value = sorted(self.complete, key=lambda trial: (-self.sign * (trial.value or 0.0), trial.number))
        return by_value[0] if by_value else None

    @property
    def verdict(self) -> str:
        """A sentence that says whether the best is better than the recipe's own values, and by how much."""
        best, own = self.best, self.own
        if best is None or own is None:
            return "no trial came to its end"
        reached = f"{self.monitor} {number(best.value)} (trial {best.number}, epoch {best.epoch})"
        if best is own:
            others = f"{len(self.complete) - 1} others that are complete"
            return f"the recipe's own values stay the best: {reached}; none of {others} beats them"
        if own.value is None or own.state != "complete":
            gave = "failed" if own.state == "failed" else "are not done"
            return f"the best is {reached}, with nothing to compare it with: the recipe's own values {gave}"
        better = self.sign * ((best.value or 0.0) - own.value)
        gain = f"better than the recipe's own values by {number(better)}: {reached} against {number(own.value)}"
        if self.interval is None:
            return gain
        low, high = self.interval
        chance = ", which may be chance" if low <= 0 else ""
        return f"{gain}; 95% interval over the queries {low:+.4f} to {high:+.4f}{chance}"


def study_results(study: Study) -> StudyResults:
    """Return what a study has found so far.

    Raises:
        FsimError: the database cannot be used, or a run folder is damaged.
    """
    monitor = study.recipe.checked.recipe.evaluation.monitor
    assert monitor is not None, "a study has one"
    sign = 1 if study.direction == "max" else -1
    trials = study.trials()
    results = StudyResults(monitor, sign, [_trial_result(study, trial) for trial in trials])
    best, own = results.best, results.own
    if best is None or own is None or best is own:
        return results
    folder_of = {trial.number: study.folder_of(trial) for trial in trials}
    folders = [folder for trial in (own, best) if (folder := folder_of[trial.number]) and folder.best.is_file()]
    interval = difference_interval(folders[0], folders[1], monitor) if len(folders) == 2 else None
    if interval is None:
        return results
    low, high = sorted(sign * bound for bound in interval)
    return replace(results, interval=(low, high))


def _trial_result(study: Study, trial: FrozenTrial) -> TrialResult:
    space, folder, state = study.recipe.search_space, study.folder_of(trial), STATES[trial.state]
    link = None
    if folder is not None:
        link = f"../{folder.path.name}/" + (folder.report.name if folder.report.is_file() else "")
    last = trial.last_step
    value = trial.value if state == "complete" else trial.intermediate_values[last] if last is not None else None
    ended = trial.datetime_complete
    return TrialResult(
        number=trial.number,
        state=state,
        values={path: value_of_label(one, trial.params[path]) for path, one in space.items() if path in trial.params},
        value=value,
        epoch=trial.user_attrs["epoch"] if state == "complete" else last,
        reason=trial.user_attrs.get("reason"),
        run=None if state == "failed" and folder is None else trial.user_attrs.get("run"),
        link=link,
        seconds=(ended - trial.datetime_start).total_seconds() if ended and trial.datetime_start else None,
    )


def shown_values(values: Mapping[str, Any]) -> str:
    """Return chosen values as people read them: `train.optimizer.lr 0.001, losses.0.margin 4.2`."""
    return ", ".join(f"{path} {shown_value(value)}" for path, value in values.items())


def shown_value(value: Any) -> str:
    """Return a chosen value as people read it, of real numbers four digits."""
    return f"{value:.4g}" if isinstance(value, float) else str(label(value))


def searched_paths(trials: Sequence[TrialResult]) -> list[str]:
    """Return the paths that any of the trials searched, in order."""
    return list(dict.fromkeys(path for one in trials for path in one.values))


def difference_interval(first: RunFolder, second: RunFolder, metric: str) -> tuple[float, float] | None:
    """Return the 95 % interval, over the queries, of how much more of a metric of the monitored protocol the second
    run's best network has than the first's (`fsim.history.comparison`); None where the runs did not keep what each
    query found, or were measured on different queries.

    Raises:
        FsimError: a run is damaged.
    """
    last = read_record(second).last
    for one in compare_runs([first, second], "best"):
        row = one.table[(one.table["metric"] == metric) & (one.table["run"] == str(second.path))]
        if last is not None and one.split == last.split and len(row) and math.isfinite(row["low"].iloc[0]):
            return float(row["low"].iloc[0]), float(row["high"].iloc[0])
    return None
