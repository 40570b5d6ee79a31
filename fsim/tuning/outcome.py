"""What a study has found, as plain data: for tables, pages, programs and the recipe that is written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from optuna.trial import FrozenTrial, TrialState

from fsim.recipe.search_space import label
from fsim.runtime.display import number
from fsim.tuning.chance import interval
from fsim.tuning.searched_recipe import choice_of
from fsim.tuning.study import Study

STATES = {
    TrialState.RUNNING: "running",
    TrialState.COMPLETE: "complete",
    TrialState.PRUNED: "pruned",
    TrialState.FAIL: "failed",
}


@dataclass(frozen=True)
class Tried:
    """A trial.

    number   from 0 on; 0 has the recipe's own values
    state    complete, pruned, failed, or running: it goes on, or was killed
    values   path -> what was chosen, of the paths that were searched in it
    value    of the monitored metric: at the best epoch, of a pruned trial at its last; None where there is none
    epoch    which that is
    reason   why it failed
    run      the name of its run folder; None where nothing was learned
    link     the way from the study's folder to its report, or its folder; None where it is not on this disk
    seconds  from its begin to its end
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
class Outcome:
    """All trials of a study.

    sign      1 where more of the monitored metric is better, otherwise -1
    interval  of 95 %, over the queries, of how much better the best trial is than the recipe's own values; None where
              that is not known
    """

    monitor: str
    sign: int
    trials: list[Tried]
    interval: tuple[float, float] | None = None

    @property
    def complete(self) -> list[Tried]:
        return [one for one in self.trials if one.state == "complete"]

    def count(self, state: str) -> int:
        return sum(one.state == state for one in self.trials)

    @property
    def finished(self) -> int:
        return len(self.trials) - self.count("running")

    @property
    def own(self) -> Tried | None:
        """The trial of the recipe's own values."""
        return self.trials[0] if self.trials else None

    @property
    def best(self) -> Tried | None:
        """Of the complete ones; of equals the first."""
        return min(self.complete, key=lambda one: (-self.sign * (one.value or 0.0), one.number), default=None)

    @property
    def verdict(self) -> str:
        """Whether the best is better than the recipe's own values, and by how much."""
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
        told = f"better than the recipe's own values by {number(better)}: {reached} against {number(own.value)}"
        if self.interval is None:
            return told
        low, high = self.interval
        chance = ", which may be chance" if low <= 0 else ""
        return f"{told}; 95% interval over the queries {low:+.4f} to {high:+.4f}{chance}"


def outcome(study: Study) -> Outcome:
    """What is known now.

    Raises:
        FsimError: the database cannot be used, or a run folder is damaged.
    """
    monitor = study.recipe.checked.recipe.evaluation.monitor
    assert monitor is not None, "a study has one"
    sign = 1 if study.direction == "max" else -1
    trials = study.trials()
    found = Outcome(monitor, sign, [_tried(study, one) for one in trials])
    best, own = found.best, found.own
    if best is None or own is None or best is own:
        return found
    of = {one.number: study.folder_of(one) for one in trials}
    folders = [folder for one in (own, best) if (folder := of[one.number]) and folder.best.is_file()]
    between = interval(folders[0], folders[1], monitor) if len(folders) == 2 else None
    if between is None:
        return found
    low, high = sorted(sign * bound for bound in between)
    return replace(found, interval=(low, high))


def _tried(study: Study, trial: FrozenTrial) -> Tried:
    search, folder, state = study.recipe.search, study.folder_of(trial), STATES[trial.state]
    link = None
    if folder is not None:
        link = f"../{folder.path.name}/" + (folder.report.name if folder.report.is_file() else "")
    last = trial.last_step
    value = trial.value if state == "complete" else trial.intermediate_values[last] if last is not None else None
    ended = trial.datetime_complete
    return Tried(
        number=trial.number,
        state=state,
        values={path: choice_of(one, trial.params[path]) for path, one in search.items() if path in trial.params},
        value=value,
        epoch=trial.user_attrs["epoch"] if state == "complete" else last,
        reason=trial.user_attrs.get("reason"),
        run=None if state == "failed" and folder is None else trial.user_attrs.get("run"),
        link=link,
        seconds=(ended - trial.datetime_start).total_seconds() if ended and trial.datetime_start else None,
    )


def shown_values(values: Mapping[str, Any]) -> str:
    """`train.optimizer.lr 0.001, losses.0.margin 4.2`"""
    return ", ".join(f"{path} {shown_value(value)}" for path, value in values.items())


def shown_value(value: Any) -> str:
    """A chosen value, of real numbers four digits."""
    return f"{value:.4g}" if isinstance(value, float) else str(label(value))


def varied(trials: Sequence[Tried]) -> list[str]:
    """The paths that any of the trials searched, in order."""
    return list(dict.fromkeys(path for one in trials for path in one.values))
