"""Runs of earlier versions of fsim: what their files lack is filled in when they are read.

This is the only module of the core that knows how run folders once were. Each function takes what an earlier version
wrote and returns what this version would have written; what is whole already is returned as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from fsim.store.metric_lines import without_nan


def upgrade_line(line: Mapping[str, Any], monitor: Callable[[], str | None]) -> dict[str, Any]:
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


def upgrade_recipe(recipe: Mapping[str, Any]) -> dict[str, Any]:
    """Fill in the keys that readers of recipe.yaml ask for without checking the recipe."""
    return {**recipe, "train": {"early_stopping": None, **recipe["train"]}}
