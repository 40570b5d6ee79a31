"""What a run folder says of its run, read without its network: quick, and without torch."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import yaml

from fsim.errors import FsimError
from fsim.functional.statistics.gain import since_gain
from fsim.store.ending import ending
from fsim.store.run_folder import RunFolder

_TIME = re.compile(r"(\d{8}T\d{6})Z(?:-(\d+))?")
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # in C ten times as fast, where PyYAML was built with it


@dataclass(frozen=True)
class RunRecord:
    """One run.

    began           UTC, and its number among the runs of that second
    epochs_done     whose training is over
    state           finished, stopped at step 41, failed, interrupted, no evaluation yet, or unfinished: it goes on, or
                    was killed
    monitor         the metric that chooses the best epoch; None where the last one counts
    last            the last line of the monitored protocol in metrics.jsonl; None before the first
    best            the best value of the monitored metric, and its epoch: the first of equals
    less_is_better  the metrics of which less is better; None where a run of an older fsim does not say, or before the
                    first evaluation
    seconds         of training and evaluation; None where a run of an older fsim does not say, or before the end of the
                    first epoch
    """

    path: Path
    name: str
    recipe: dict[str, Any]
    began: tuple[datetime, int]
    epochs: int
    epochs_done: int
    state: str
    monitor: str | None
    last: dict[str, Any] | None
    best: tuple[float, int] | None
    less_is_better: frozenset[str] | None
    seconds: float | None

    @property
    def metrics(self) -> dict[str, float | None]:
        """Of the last evaluation; None is not a number."""
        return {} if self.last is None else self.last["metrics"]


def find_runs(below: Path) -> Iterator[RunFolder]:
    """The run folders in a folder, at any depth; a run is not looked into.

    Raises:
        FsimError: there is no such folder.
    """
    if not below.is_dir():
        raise FsimError(f"there is no folder {below}; name the one of your runs, or make one: fsim run RECIPE")
    for path, folders, files in os.walk(below):
        if (
            len({"checkpoints", "recipe.yaml", "metrics.jsonl", "log.txt"} & {*folders, *files}) > 1
        ):  # a damaged one too
            folders.clear()
            yield RunFolder(Path(path))


def read_record(folder: RunFolder) -> RunRecord:
    """Read a run folder.

    Raises:
        FsimError: it is damaged.
    """
    try:
        recipe = yaml.load(folder.recipe.read_text(encoding="utf-8"), _LOADER)
        return _record(folder, recipe, folder.read_metrics())
    except (OSError, ValueError, yaml.YAMLError, LookupError, TypeError, AttributeError) as error:
        cause = getattr(error, "strerror", None) or f"{type(error).__name__}: {' '.join(str(error).split())}"
        raise FsimError(f"{folder.path} is left out: it is no whole run ({cause}), or not one of fsim") from error


def _record(folder: RunFolder, recipe: dict[str, Any], lines: list[dict[str, Any]]) -> RunRecord:
    epochs = int(recipe["train"]["epochs"])
    evaluated = [line for line in lines if "protocol" in line]
    monitored = _monitored(recipe, evaluated)
    last = monitored[-1] if monitored else None
    monitor = (last or {}).get("monitor", recipe["evaluation"]["monitor"])  # a test split chooses no epoch
    less_is_better = last.get("less_is_better") if last else None
    seconds = [line["timings"].get("seconds") for line in lines]
    epochs_done = max((line["epoch"] for line in lines), default=0)
    at_end = epochs_done == epochs or _stops_early(recipe, monitored, monitor)
    if evaluated and evaluated[-1]["epoch"] == epochs_done and at_end:
        state = "finished"
    else:
        state = ending(folder.log) or ("unfinished" if evaluated else "no evaluation yet")
    return RunRecord(
        path=folder.path,
        name=str(recipe["name"]),
        recipe=recipe,
        began=_began(folder),
        epochs=epochs,
        epochs_done=epochs_done,
        state=state,
        monitor=monitor,
        last=last,
        best=None
        if monitor is None or less_is_better is None
        else _best(monitored, monitor, monitor in less_is_better),
        less_is_better=None if less_is_better is None else frozenset(less_is_better),
        seconds=sum(seconds) if seconds and None not in seconds else None,
    )


def _stops_early(recipe: dict[str, Any], lines: list[dict[str, Any]], monitor: str | None) -> bool:
    """Whether a run ends after its last evaluation, as `fsim.run.early_stopping` does."""
    settings = recipe["train"].get("early_stopping")  # a run of an older fsim has none
    if settings is None or monitor is None or not lines:
        return False
    values = [line["metrics"].get(monitor) for line in lines]
    waited = since_gain(values, monitor in lines[-1]["less_is_better"], settings["min_delta"])
    return waited >= int(settings["patience"])


def _best(lines: list[dict[str, Any]], metric: str, less_is_better: bool) -> tuple[float, int] | None:
    measured = [(line["metrics"][metric], line["epoch"]) for line in lines if line["metrics"].get(metric) is not None]
    sign = -1 if less_is_better else 1
    return max(measured, key=lambda one: (sign * one[0], -one[1]), default=None)


def _monitored(recipe: dict[str, Any], evaluated: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The lines of the monitored protocol: the first that is there in every evaluation, or the first of all."""
    if not evaluated:
        return []
    at_end = [protocol["at_end"] for protocol in recipe["evaluation"]["protocols"]]
    epoch = evaluated[-1]["epoch"]
    of_last = [line for line in evaluated if line["epoch"] == epoch]  # in the order of the protocols
    place = at_end.index(False) if False in at_end and len(of_last) == len(at_end) else 0
    return [line for line in evaluated if line["split"] == of_last[place]["split"]]


def _began(folder: RunFolder) -> tuple[datetime, int]:
    """By the folder's name; by the recipe's age where it was given another."""
    named = _TIME.fullmatch(folder.path.resolve().name)
    if named:
        return datetime.strptime(named[1], "%Y%m%dT%H%M%S").replace(tzinfo=timezone.utc), int(named[2] or 1)
    return datetime.fromtimestamp(folder.recipe.stat().st_mtime, timezone.utc), 1
