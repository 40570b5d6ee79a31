"""In what recipes differ, key by key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import yaml

from fsim.store.run_folder import RunFolder

ABSENT = "-"


def recipe_differences(folders: Sequence[RunFolder]) -> pd.DataFrame:
    """The keys whose values differ, a row each, with a column for each run."""
    found = differing([yaml.safe_load(folder.recipe.read_text(encoding="utf-8")) for folder in folders])
    return pd.DataFrame.from_dict(found, orient="index", columns=[str(folder.path) for folder in folders])


def flat_recipe(value: Any, prefix: str = "") -> dict[str, str]:
    """{path: value} of a recipe, for people; of a list of components the name stands in the path."""
    if isinstance(value, dict) and value:
        return {key: one for name, of in value.items() for key, one in flat_recipe(of, f"{prefix}{name}.").items()}
    if isinstance(value, list) and any(isinstance(one, dict) for one in value):
        named = [
            one.get("name", str(place)) if isinstance(one, dict) else str(place) for place, one in enumerate(value)
        ]
        return {
            key: one
            for name, of in zip(named, value, strict=True)
            for key, one in flat_recipe(of, f"{prefix}{name}.").items()
        }
    return {prefix.rstrip("."): str(value)}


def differing(recipes: Sequence[Mapping[str, Any]]) -> dict[str, list[str]]:
    """{path: its value in each recipe} where not all are the same."""
    flat = [flat_recipe(dict(one)) for one in recipes]
    keys = dict.fromkeys(key for one in flat for key in one)
    rows = {key: [one.get(key, ABSENT) for one in flat] for key in keys}
    return {key: values for key, values in rows.items() if len(set(values)) > 1}
