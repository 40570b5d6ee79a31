"""What a run folder says of its run, read without its network: quick, and without torch."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import yaml

from fsim.errors import FsimError
from fsim.run.policy import BestEpoch, Patience, best_epoch, choice_of, monitored_lines, run_ends
from fsim.store.metric_lines import EvaluationLine, MetricLine, Numbers
from fsim.store.run_folder import RunFolder
from fsim.store.run_lock import is_held
from fsim.store.status import read_status

_TIME = re.compile(r"(\d{8}T\d{6})Z(?:-(\d+))?")
_FILES = {"checkpoints", "recipe.yaml", "metrics.jsonl", "log.txt"}  # two of them make a run, which may be damaged


@dataclass(frozen=True)
class RunRecord:
    """One run.

    started         UTC, and its number among the runs of that second
    epochs_done     the epochs whose training is over
    state           finished, running, stopped at step 41, failed, interrupted; a run that was killed is unfinished, or
                    has no evaluation yet
    monitor         the metric that chooses the best epoch; None where the last one counts
    last            the last line of the monitored protocol in metrics.jsonl; None before the first
    best            the best epoch; None where no metric chooses one, or none of its values is a number
    less_is_better  the metrics of which less is better; None where the run does not say
    seconds         of training and evaluation; None where they were not measured
    """

    path: Path
    name: str
    recipe: Mapping[str, Any]
    started: tuple[datetime, int]
    epochs: int
    epochs_done: int
    state: str
    monitor: str | None
    last: EvaluationLine | None
    best: BestEpoch | None
    less_is_better: frozenset[str] | None
    seconds: float | None

    @property
    def metrics(self) -> Numbers:
        """The metrics of the last evaluation; None is not a number."""
        return {} if self.last is None else self.last.metrics


def find_runs(below: Path) -> Iterator[RunFolder]:
    """Yield the run folders in a folder, at any depth; a run is not looked into.

    Raises:
        FsimError: there is no such folder.
    """
    if not below.is_dir():
        raise FsimError(f"there is no folder {below}; name the one of your runs, or make one: fsim run RECIPE")
    for path, folders, files in os.walk(below):
        if len(_FILES & {*folders, *files}) > 1:
            folders.clear()
            yield RunFolder(Path(path))


def read_record(folder: RunFolder) -> RunRecord:
    """Read a run folder.

    Raises:
        FsimError: it is damaged.
    """
    try:
        return _record(folder, folder.read_recipe(), folder.metric_lines())
    except (OSError, ValueError, yaml.YAMLError, LookupError, TypeError, AttributeError) as error:
        cause = getattr(error, "strerror", None) or f"{type(error).__name__}: {' '.join(str(error).split())}"
        raise FsimError(f"{folder.path} is left out: it is no whole run ({cause}), or not one of fsim") from error


def _record(folder: RunFolder, recipe: Mapping[str, Any], lines: list[MetricLine]) -> RunRecord:
    train, evaluation = recipe["train"], recipe["evaluation"]
    epochs, stopping = int(train["epochs"]), train["early_stopping"]
    patience = None if stopping is None else Patience(int(stopping["patience"]), float(stopping["min_delta"]))
    evaluated = [line for line in lines if isinstance(line, EvaluationLine)]
    monitored = monitored_lines(evaluated, [bool(protocol["at_end"]) for protocol in evaluation["protocols"]])
    last = monitored[-1] if monitored else None
    choice = choice_of(monitored)
    best = None if choice is None else best_epoch(monitored, choice)
    epochs_done = int(max((line.epoch for line in lines), default=0))
    is_evaluated = bool(evaluated) and evaluated[-1].epoch == epochs_done
    is_finished = is_evaluated and run_ends(monitored, epochs_done, epochs, choice, patience)
    seconds = [line.timings["seconds"] for line in lines]
    return RunRecord(
        path=folder.path,
        name=str(recipe["name"]),
        recipe=recipe,
        started=_start(folder),
        epochs=epochs,
        epochs_done=epochs_done,
        state="finished" if is_finished else _unfinished_state(folder, has_evaluation=bool(evaluated)),
        monitor=evaluation["monitor"] if last is None else last.monitor,
        last=last,
        best=None if best is None or best.value is None else best,
        less_is_better=None if last is None or last.less_is_better is None else frozenset(last.less_is_better),
        seconds=None if not seconds or None in seconds else sum(value for value in seconds if value is not None),
    )


def _unfinished_state(folder: RunFolder, has_evaluation: bool) -> str:
    """How a run ended, or that it goes on, as status.json says. A killed run leaves there that it goes on, and holds no
    lock: of it, and of a run without status.json, the metrics say how far it came."""
    status = read_status(folder)
    state = None if status is None else status.state
    if status is not None and state == "stopped":
        return f"stopped at step {status.step}"
    if state in ("failed", "interrupted") or (state == "running" and is_held(folder)):
        return str(state)
    return "unfinished" if has_evaluation else "no evaluation yet"


def _start(folder: RunFolder) -> tuple[datetime, int]:
    """When a run began: by the folder's name; by the recipe's age where the folder was given another name."""
    match = _TIME.fullmatch(folder.path.resolve().name)
    if match:
        return datetime.strptime(match[1], "%Y%m%dT%H%M%S").replace(tzinfo=timezone.utc), int(match[2] or 1)
    return datetime.fromtimestamp(folder.recipe.stat().st_mtime, timezone.utc), 1
