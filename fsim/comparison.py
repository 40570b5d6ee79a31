"""Runs side by side: what their recipes differ in, what was measured, and how sure the differences are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
import yaml

from fsim.errors import FsimError
from fsim.functional.paired_bootstrap import SAMPLES, paired_bootstrap
from fsim.interfaces import Direction
from fsim.per_query import read_per_query
from fsim.recipe_changes import differing
from fsim.run_folder import RunFolder
from fsim.validate import check_recipe

Which = Literal["last", "best"]


@dataclass(frozen=True)
class Compared:
    """Runs of the same protocol.

    table     a row for each metric and run: metric, run, value, best; and, against the first run, difference, low, high
              and p, where both kept the metric of each query
    warnings  what keeps the numbers from being put side by side
    """

    split: str
    table: pd.DataFrame
    warnings: list[str]


def recipe_differences(folders: Sequence[RunFolder]) -> pd.DataFrame:
    """The keys whose values differ, a row each, with a column for each run."""
    found = differing([yaml.safe_load(folder.recipe.read_text(encoding="utf-8")) for folder in folders])
    return pd.DataFrame.from_dict(found, orient="index", columns=[str(folder.path) for folder in folders])


def compare(folders: Sequence[RunFolder], which: Which, seed: int = 0, samples: int = SAMPLES) -> list[Compared]:
    """Compare the last or the best evaluations of runs, for each protocol that all of them have.

    Raises:
        FsimError: a run was not evaluated, or no protocol is common to all.
    """
    lines = [_evaluated(folder, which) for folder in folders]
    common = [split for split in lines[0] if all(split in of for of in lines)]
    if not common:
        has = "; ".join(f"{folder.path}: {', '.join(of)}" for folder, of in zip(folders, lines, strict=True))
        raise FsimError(f"no protocol is common to all runs ({has}); evaluate the same split with fsim evaluate")
    return [_compare_split(folders, [of[split] for of in lines], split, which, seed, samples) for split in common]


def _compare_split(
    folders: Sequence[RunFolder], lines: Sequence[dict[str, Any]], split: str, which: Which, seed: int, samples: int
) -> Compared:
    warnings, directions = _mismatches(lines), _directions(folders[0])
    names = [name for name in lines[0]["metrics"] if all(name in line["metrics"] for line in lines)]
    rows = []
    found = [{} for _ in folders] if warnings else _differences(folders, split, which, seed, samples)
    for name in names:
        values = [line["metrics"][name] for line in lines]
        best = _best(values, directions.get(name))
        for run, (folder, value) in enumerate(zip(folders, values, strict=True)):
            row = {"metric": name, "run": str(folder.path), "value": value, "best": best == run}
            rows.append({**row, **found[run].get(name, {})})
    columns = ["metric", "run", "value", "best", "difference", "low", "high", "p"]
    return Compared(split, pd.DataFrame(rows).reindex(columns=columns), warnings)


def _differences(
    folders: Sequence[RunFolder], split: str, which: Which, seed: int, samples: int
) -> list[dict[str, dict[str, float]]]:
    """Of each run: {metric: difference, low, high, p} against the first; none for the first itself."""
    tables = [read_per_query(folder.per_query(which), split) for folder in folders]
    first = tables[0]
    found: list[dict[str, dict[str, float]]] = [{}]
    for table in tables[1:]:
        assert table["image"].equals(first["image"]), "the same fingerprint is of the same images"
        names = [name for name in first.columns if "/" in name and name in table.columns]
        differences = table[names].to_numpy(float) - first[names].to_numpy(float)
        counted = np.isfinite(differences).all(axis=1)
        if not counted.any():
            found.append({})
            continue
        of = paired_bootstrap(differences[counted], first["category"].to_numpy()[counted], seed, samples)
        found.append(
            {
                name: {"difference": of.mean[at], "low": of.low[at], "high": of.high[at], "p": of.p[at]}
                for at, name in enumerate(names)
            }
        )
    return found


def _evaluated(folder: RunFolder, which: Which) -> dict[str, dict[str, Any]]:
    """{protocol: its line} of the last epoch, or of that of the best network."""
    lines = [line for line in folder.read_metrics() if "protocol" in line]
    if not lines:
        raise FsimError(f"{folder.path} has no evaluation yet; finish it first: fsim resume {folder.path}")
    if which == "last":
        epoch = lines[-1]["epoch"]
    else:
        from fsim.checkpoint import load_checkpoint

        epoch = load_checkpoint(folder.checkpoint("best"))["epoch"]
    return {line["split"]: line for line in lines if line["epoch"] == epoch}


def _mismatches(lines: Sequence[dict[str, Any]]) -> list[str]:
    """In what the protocols differ beside the evaluators, whose metrics are compared where they have the same names."""
    if len({line["fingerprint"] for line in lines}) == 1:
        return []
    protocols = [line["protocol"] for line in lines]
    keys = dict.fromkeys(key for protocol in protocols for key in protocol)
    differing = [key for key in keys if len({repr(protocol.get(key)) for protocol in protocols}) > 1]
    if differing in (["evaluators"], ["distance"], ["evaluators", "distance"]):
        return []
    return [
        f"the runs were asked different things ({', '.join(differing)} differ): their numbers can't be compared, and "
        f"no interval is given"
    ]


def _directions(folder: RunFolder) -> dict[str, Direction]:
    """Of each evaluator/metric of a run's recipe."""
    evaluators = check_recipe(folder.recipe).each("evaluation.evaluators")
    return {f"{part.name}/{name}": of for part in evaluators for name, of in part.build(seed=0).directions.items()}


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
