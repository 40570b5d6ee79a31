"""What the recipes of runs differ in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
import yaml

from fsim.run_folder import RunFolder

ABSENT = "-"


def recipe_differences(folders: Sequence[RunFolder]) -> pd.DataFrame:
    """The keys whose values differ, a row each, with a column for each run."""
    flat = [_flat(yaml.safe_load(folder.recipe.read_text(encoding="utf-8"))) for folder in folders]
    keys = dict.fromkeys(key for one in flat for key in one)
    rows = {key: [one.get(key, ABSENT) for one in flat] for key in keys}
    differing = {key: values for key, values in rows.items() if len(set(values)) > 1}
    return pd.DataFrame.from_dict(differing, orient="index", columns=[str(folder.path) for folder in folders])


def _flat(value: Any, prefix: str = "") -> dict[str, str]:
    """{path: value} of a recipe, for people."""
    if isinstance(value, dict) and value:
        return {key: one for name, of in value.items() for key, one in _flat(of, f"{prefix}{name}.").items()}
    if isinstance(value, list) and any(isinstance(one, dict) for one in value):
        named = [
            one.get("name", str(place)) if isinstance(one, dict) else str(place) for place, one in enumerate(value)
        ]
        return {
            key: one
            for name, of in zip(named, value, strict=True)
            for key, one in _flat(of, f"{prefix}{name}.").items()
        }
    return {prefix.rstrip("."): str(value)}
