"""Runs of earlier versions of fsim: what their files lack is filled in when they are read.

This is the only module of the core that knows how run folders once were. Each function takes what an earlier version
wrote and returns what this version would have written; what is whole already is returned as it is.

The tables of queries need no such function: in those of the first runs categories and items are numbers in place of
names, -1 where unknown, and all readers of these tables take names as they are.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Any

from fsim.store.metric_lines import without_nan


def upgrade_line(line: Mapping[str, Any], monitor: Callable[[], str | None]) -> Mapping[str, Any]:
    """Fill in what a line of metrics.jsonl, or the metrics.json of `fsim evaluate`, lacks.

    The seconds that an epoch took, and the metrics of which less is better, cannot be known afterwards: they are None.

    Args:
        monitor: returns `evaluation.monitor` of the run's recipe.
    """
    upgraded = {"health": {}, **line}
    upgraded["timings"] = {"seconds": None, **line["timings"]}
    if "protocol" in line:
        upgraded = {"less_is_better": None, **upgraded}
        upgraded["metrics"] = without_nan(line["metrics"])
        if "checkpoint" not in line:
            upgraded["alarms"] = line.get("alarms", [])
            upgraded["monitor"] = line["monitor"] if "monitor" in line else monitor()
    return upgraded


def upgrade_recipe(recipe: Mapping[str, Any]) -> Mapping[str, Any]:
    """Fill in the keys that readers of recipe.yaml ask for without checking the recipe."""
    return {**recipe, "train": {"early_stopping": None, **recipe["train"]}}


def upgrade_environment(environment: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """Fill in the id of a run, which is made of its name and its first environment.

    Args:
        name: `<recipe name>/<time>`.
    """
    if "run" in environment:
        return dict(environment)
    first = {key: value for key, value in environment.items() if key != "resumed"}
    digest = hashlib.sha256(json.dumps([name, first], sort_keys=True).encode()).hexdigest()
    return {"run": digest[:32], **environment}


def upgrade_checkpoint(content: Mapping[str, Any]) -> Mapping[str, Any]:
    """Fill in what a checkpoint lacks: the run read no captions and no attributes, and trained in one process."""
    network = {"num_attributes": 0, "vocabulary": None}
    if "step" not in content:  # the network alone
        return {**network, "best": None, **content}
    state: Mapping[str, Any] = {"scaler": {}, "average": None, "signs": {}}
    learned_from = {"processes": 1, "captions": None, "resolved": None}
    return {**network, **state, **learned_from, **content}
