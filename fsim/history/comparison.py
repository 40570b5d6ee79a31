"""Runs side by side: what was measured, and how sure the differences are."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from fsim.errors import FsimError
from fsim.evaluation.evaluators import build_evaluators, directions_of
from fsim.functional.statistics.intervals import SAMPLES, paired_bootstrap
from fsim.history.run_evaluations import NetworkName, RunEvaluation, run_evaluations
from fsim.interfaces import Direction
from fsim.recipe.recipe_file import WITHOUT_MONITOR
from fsim.recipe.validate import check_recipe
from fsim.store.per_query import read_per_query
from fsim.store.run_folder import RunFolder

_COLUMNS = ("metric", "run", "fingerprint", "value", "best", "difference", "low", "high", "p")


@dataclass(frozen=True)
class ProtocolComparison:
    """What runs gave by the same protocol.

    title     the name of the protocol; where runs are compared by several of that name, also the evaluators and the
              fingerprint
    table     a row for each metric and run: metric, run, fingerprint, value, whether it is the best; and, against the
              first run, difference, low, high and p, where both kept the metric of each query
    warnings  why the numbers cannot be compared, or have no interval
    """

    split: str
    title: str
    table: pd.DataFrame
    warnings: list[str]


def compare_runs(
    folders: Sequence[RunFolder], network: NetworkName, seed: int = 0, samples: int = SAMPLES
) -> list[ProtocolComparison]:
    """Compare the last or the best networks of runs, by each protocol of a split that all of them were evaluated on.

    Args:
        seed: of the bootstrap, of which
        samples: are drawn.

    Raises:
        FsimError: a run was not evaluated, or no split is common to all.
    """
    runs = [run_evaluations(folder, network) for folder in folders]
    splits = [list(dict.fromkeys(evaluation.split for evaluation in evaluations)) for evaluations in runs]
    common = [split for split in splits[0] if all(split in of_run for of_run in splits)]
    if not common:
        known = "; ".join(f"{folder.path}: {', '.join(of_run)}" for folder, of_run in zip(folders, splits, strict=True))
        raise FsimError(f"no protocol is common to all runs ({known}); evaluate the same split with fsim evaluate")
    comparisons = []
    for split in common:
        matches = match_evaluations(
            [[evaluation for evaluation in evaluations if evaluation.split == split] for evaluations in runs]
        )
        for evaluations in matches:
            title = split if len(matches) == 1 else f"{split} ({_evaluators_of(evaluations[0])})"
            comparisons.append(_compare(folders, evaluations, title, seed, samples))
    return comparisons


def match_evaluations(runs: Sequence[Sequence[RunEvaluation]]) -> list[list[RunEvaluation]]:
    """Return which evaluations are put side by side, each time one of each run.

    These are, for each question that all runs share, the evaluations by the same evaluators, and before them the first
    evaluation of each run where none of these is among them. Where the runs share no question, it is the first
    evaluation of each run.

    Args:
        runs: of each run its evaluations by one split.
    """
    matches = []
    for same_question in _grouped(runs, lambda evaluation: evaluation.line.protocol.question):
        identical = [
            [evaluations[0] for evaluations in same]
            for same in _grouped(same_question, lambda evaluation: evaluation.fingerprint)
        ]
        first = [evaluations[0] for evaluations in same_question]
        if not any(evaluation in first for match in identical for evaluation in match):
            matches.append(first)
        matches += identical
    return matches or [[evaluations[0] for evaluations in runs]]


def _grouped(
    runs: Sequence[Sequence[RunEvaluation]], key: Callable[[RunEvaluation], object]
) -> list[list[list[RunEvaluation]]]:
    """For each key that all runs have, in the order of the first run, the evaluations of each run that have it."""
    keys: list[object] = []
    for evaluation in runs[0]:
        value = key(evaluation)
        if value not in keys and all(any(key(other) == value for other in evaluations) for evaluations in runs):
            keys.append(value)
    return [
        [[evaluation for evaluation in evaluations if key(evaluation) == value] for evaluations in runs]
        for value in keys
    ]


def _evaluators_of(evaluation: RunEvaluation) -> str:
    return f"{', '.join(evaluation.line.protocol.evaluators)}, {evaluation.fingerprint}"


def _compare(
    folders: Sequence[RunFolder], evaluations: Sequence[RunEvaluation], title: str, seed: int, samples: int
) -> ProtocolComparison:
    """Compare one evaluation of each run."""
    warnings = _question_warnings(evaluations) or _table_warnings(evaluations)
    directions = _directions(folders[0], evaluations[0])
    metrics = [evaluation.line.metrics for evaluation in evaluations]
    names = [name for name in metrics[0] if all(name in of_run for of_run in metrics)]
    differences = [{} for _ in folders] if warnings else _differences(evaluations, seed, samples)
    rows = []
    for name in names:
        values = [of_run[name] for of_run in metrics]
        best = _best(values, directions.get(name))
        for run, (folder, value) in enumerate(zip(folders, values, strict=True)):
            row = {"metric": name, "run": str(folder.path), "fingerprint": evaluations[run].fingerprint}
            rows.append({**row, "value": value, "best": best == run, **differences[run].get(name, {})})
    table = pd.DataFrame(rows).reindex(columns=list(_COLUMNS))
    return ProtocolComparison(evaluations[0].split, title, table, warnings)


def _differences(evaluations: Sequence[RunEvaluation], seed: int, samples: int) -> list[dict[str, dict[str, float]]]:
    """For each run: {metric: its difference to the first run, low, high and p}; nothing for the first itself."""
    first, *others = [read_per_query(evaluation.per_query) for evaluation in evaluations]
    _, categories = np.unique(first["category"].to_numpy(str), return_inverse=True)
    of_runs: list[dict[str, dict[str, float]]] = [{}]
    for table in others:
        assert table["image"].equals(first["image"]), "the same fingerprint is of the same images"
        names = [name for name in first.columns if "/" in name and name in table.columns]
        differences = table[names].to_numpy(float) - first[names].to_numpy(float)
        counted = np.isfinite(differences).all(axis=1)
        if not counted.any():
            of_runs.append({})
            continue
        drawn = paired_bootstrap(differences[counted], categories[counted], seed, samples)
        of_runs.append(
            {
                name: {"difference": drawn.mean[at], "low": drawn.low[at], "high": drawn.high[at], "p": drawn.p[at]}
                for at, name in enumerate(names)
            }
        )
    return of_runs


def _question_warnings(evaluations: Sequence[RunEvaluation]) -> list[str]:
    """In what the questions differ. Evaluators do not count: metrics of the same name are compared. Nor do captions and
    attributes that only some of the evaluators looked at."""
    questions = [evaluation.line.protocol.question for evaluation in evaluations]
    for name in ("captions", "attributes"):
        if any(name not in question for question in questions):
            questions = [{key: value for key, value in question.items() if key != name} for question in questions]
    keys = dict.fromkeys(key for question in questions for key in question)
    differing = [key for key in keys if any(question.get(key) != questions[0].get(key) for question in questions)]
    if not differing:
        return []
    return [
        f"the runs were asked different things ({', '.join(differing)} differ): their numbers can't be compared, and "
        f"no interval is given"
    ]


def _table_warnings(evaluations: Sequence[RunEvaluation]) -> list[str]:
    """Which runs did not keep the metrics of each query: runs that are not at their end, for example."""
    lacking = [evaluation.per_query for evaluation in evaluations if not evaluation.per_query.is_file()]
    return [f"there is no {', '.join(map(str, lacking))}, so that no interval is given"] if lacking else []


def _directions(folder: RunFolder, evaluation: RunEvaluation) -> dict[str, Direction]:
    """Whether more or less of each evaluator/metric of an evaluation is better."""
    evaluators = evaluation.line.protocol.evaluators.items()
    settings = json.dumps([{"name": name, **parameters} for name, parameters in evaluators])
    # They may not be those of the recipe, which then has nothing to choose the best epoch by.
    checked = check_recipe(folder.recipe, [f"evaluation.evaluators={settings}", *WITHOUT_MONITOR])
    return directions_of(build_evaluators(checked))


def _best(values: Sequence[float | None], direction: Direction | None) -> int | None:
    """The run with the best value; None where none is better than all others."""
    if direction is None or any(value is None for value in values) or len(set(values)) == 1:
        return None
    array = np.array(values, dtype=float)
    return int(array.argmin() if direction == "min" else array.argmax())


def open_runs(paths: Sequence[Path]) -> list[RunFolder]:
    """Open the folders of runs that are to be compared, each once.

    Raises:
        FsimError: one is no run, or there are fewer than two.
    """
    if len({path.resolve() for path in paths}) < 2:
        raise FsimError("give two run folders or more, each once: runs/<name>/<time> runs/<name>/<time>")
    return [RunFolder.open(path) for path in dict.fromkeys(paths)]
