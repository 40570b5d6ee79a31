"""In what recipes differ, key by key."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pandas as pd

ABSENT = "-"


def recipe_differences(recipes: Mapping[str, Mapping[str, Any]]) -> pd.DataFrame:
    """Return a row for each key whose values differ, with a column for each recipe, by the names that are given."""
    return pd.DataFrame.from_dict(differing([*recipes.values()]), orient="index", columns=[*recipes])


def differing(recipes: Sequence[Mapping[str, Any]]) -> dict[str, list[str]]:
    """Return {path: its value in each recipe} where not all are the same."""
    flat = [flat_recipe(dict(recipe)) for recipe in recipes]
    paths = dict.fromkeys(path for recipe in flat for path in recipe)
    rows = {path: [recipe.get(path, ABSENT) for recipe in flat] for path in paths}
    return {path: values for path, values in rows.items() if len(set(values)) > 1}


def flat_recipe(value: Any, prefix: str = "") -> dict[str, str]:
    """Return {path: value} of a recipe, for people: of a list of components the name stands in the path."""
    if isinstance(value, dict) and value:
        return _flat(value.items(), prefix)
    if isinstance(value, list) and any(isinstance(entry, dict) for entry in value):
        names = [
            entry.get("name", str(place)) if isinstance(entry, dict) else str(place)
            for place, entry in enumerate(value)
        ]
        return _flat(zip(names, value, strict=True), prefix)
    return {prefix.rstrip("."): str(value)}


def _flat(named: Iterable[tuple[str, Any]], prefix: str) -> dict[str, str]:
    return {path: text for name, part in named for path, text in flat_recipe(part, f"{prefix}{name}.").items()}
