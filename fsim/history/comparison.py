"""Runs side by side: what was measured, and how sure the differences are."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from fsim.errors import FsimError
from fsim.evaluation.evaluators import build_evaluators, directions_of
from fsim.functional.statistics.paired_bootstrap import SAMPLES, paired_bootstrap
from fsim.history.matching import matching
from fsim.history.run_evaluations import RunEvaluation, Which, run_evaluations
from fsim.interfaces import Direction
from fsim.recipe.override import WITHOUT_MONITOR
from fsim.recipe.validate import check_recipe
from fsim.store.per_query import read_per_query
from fsim.store.run_folder import RunFolder


@dataclass(frozen=True)
class Compared:
    """Runs of the same protocol.

    title     the protocol's split; where it was compared by several protocols, their evaluators and fingerprint too
    table     a row for each metric and run: metric, run, fingerprint, value, best; and, against the first run,
              difference, low, high and p, where both kept the metric of each query
    warnings  what keeps the numbers from being put side by side
    """

    split: str
    title: str
    table: pd.DataFrame
    warnings: list[str]


def compare(folders: Sequence[RunFolder], which: Which, seed: int = 0, samples: int = SAMPLES) -> list[Compared]:
    """Compare the last or the best networks of runs, by each protocol of a split that all of them were evaluated on.

    Raises:
        FsimError: a run was not evaluated, or no split is common to all.
    """
    of_runs = [run_evaluations(folder, which) for folder in folders]
    splits = [list(dict.fromkeys(one.split for one in of)) for of in of_runs]
    common = [split for split in splits[0] if all(split in of for of in splits)]
    if not common:
        has = "; ".join(f"{folder.path}: {', '.join(of)}" for folder, of in zip(folders, splits, strict=True))
        raise FsimError(f"no protocol is common to all runs ({has}); evaluate the same split with fsim evaluate")
    compared = []
    for split in common:
        matched = matching([[one for one in of if one.split == split] for of in of_runs])
        for evaluations in matched:
            title = split if len(matched) == 1 else f"{split} ({_asked_for(evaluations[0])})"
            compared.append(_compare(folders, evaluations, title, seed, samples))
    return compared


def _asked_for(evaluation: RunEvaluation) -> str:
    return f"{', '.join(evaluation.line.protocol.evaluators)}, {evaluation.fingerprint}"


def _compare(
    folders: Sequence[RunFolder], evaluations: Sequence[RunEvaluation], title: str, seed: int, samples: int
) -> Compared:
    """One evaluation of each run."""
    warnings = _mismatches(evaluations) or _lacking_tables(evaluations)
    directions = _directions(folders[0], evaluations[0])
    metrics = [one.line.metrics for one in evaluations]
    names = [name for name in metrics[0] if all(name in of for of in metrics)]
    rows = []
    found = [{} for _ in folders] if warnings else _differences(evaluations, seed, samples)
    for name in names:
        values = [of[name] for of in metrics]
        best = _best(values, directions.get(name))
        for run, (folder, value) in enumerate(zip(folders, values, strict=True)):
            row = {"metric": name, "run": str(folder.path), "fingerprint": evaluations[run].fingerprint}
            rows.append({**row, "value": value, "best": best == run, **found[run].get(name, {})})
    columns = ["metric", "run", "fingerprint", "value", "best", "difference", "low", "high", "p"]
    return Compared(evaluations[0].split, title, pd.DataFrame(rows).reindex(columns=columns), warnings)


def _differences(evaluations: Sequence[RunEvaluation], seed: int, samples: int) -> list[dict[str, dict[str, float]]]:
    """Of each run: {metric: difference, low, high, p} against the first; none for the first itself."""
    first, *others = [read_per_query(one.per_query) for one in evaluations]
    _, categories = np.unique(first["category"].to_numpy(str), return_inverse=True)
    found: list[dict[str, dict[str, float]]] = [{}]
    for table in others:
        assert table["image"].equals(first["image"]), "the same fingerprint is of the same images"
        names = [name for name in first.columns if "/" in name and name in table.columns]
        differences = table[names].to_numpy(float) - first[names].to_numpy(float)
        counted = np.isfinite(differences).all(axis=1)
        if not counted.any():
            found.append({})
            continue
        of = paired_bootstrap(differences[counted], categories[counted], seed, samples)
        found.append(
            {
                name: {"difference": of.mean[at], "low": of.low[at], "high": of.high[at], "p": of.p[at]}
                for at, name in enumerate(names)
            }
        )
    return found


def _mismatches(evaluations: Sequence[RunEvaluation]) -> list[str]:
    """In what the protocols differ beside the evaluators, whose metrics are compared where they have the same names.
    What only some of them looked at, captions or attributes, makes no metric of the same name differ."""
    asked = [one.asked for one in evaluations]
    for name in ("captions", "attributes"):
        if any(name not in one for one in asked):
            asked = [{key: value for key, value in one.items() if key != name} for one in asked]
    keys = dict.fromkeys(key for one in asked for key in one)
    differing = [key for key in keys if any(one.get(key) != asked[0].get(key) for one in asked)]
    if not differing:
        return []
    return [
        f"the runs were asked different things ({', '.join(differing)} differ): their numbers can't be compared, and "
        f"no interval is given"
    ]


def _lacking_tables(evaluations: Sequence[RunEvaluation]) -> list[str]:
    """Of which runs the metrics of each query are not there: they are not at their end, or of an older fsim."""
    lacking = [one.per_query for one in evaluations if not one.per_query.is_file()]
    return [f"there is no {', '.join(map(str, lacking))}, so that no interval is given"] if lacking else []


def _directions(folder: RunFolder, evaluation: RunEvaluation) -> dict[str, Direction]:
    """Of each evaluator/metric of an evaluation."""
    named = evaluation.line.protocol.evaluators.items()
    settings = json.dumps([{"name": name, **parameters} for name, parameters in named])
    # They may not be those of the recipe, which then has nothing to choose the best epoch by.
    checked = check_recipe(folder.recipe, [f"evaluation.evaluators={settings}", *WITHOUT_MONITOR])
    return directions_of(build_evaluators(checked))


def _best(values: Sequence[float | None], direction: Direction | None) -> int | None:
    """Which run has the best value; None where none is better than all others."""
    if direction is None or any(value is None for value in values) or len(set(values)) == 1:
        return None
    array = np.array(values, dtype=float)
    return int(array.argmin() if direction == "min" else array.argmax())


def run_paths(paths: Sequence[Path]) -> list[RunFolder]:
    """The folders of runs, each once.

    Raises:
        FsimError: one is no run, or there are fewer than two.
    """
    if len({path.resolve() for path in paths}) < 2:
        raise FsimError("give two run folders or more, each once: runs/<name>/<time> runs/<name>/<time>")
    return [RunFolder.open(path) for path in dict.fromkeys(paths)]
