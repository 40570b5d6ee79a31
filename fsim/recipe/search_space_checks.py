"""A `search:` whose entries are right by themselves, and not together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from fsim.errors import nearest
from fsim.recipe.problem import Key
from fsim.recipe.search_space import Searched, label

FIXED = ("name", "data.dataset", "data.overfit", "evaluation", "trackers", "backup", "search")


def search_misfits(value: dict[str, Any]) -> Iterator[tuple[Key, str]]:
    """Of a whole recipe: searched paths that may not be, and conditions that never hold."""
    search = _valid_entries(value.get("search"))
    for path, searched in search.items():
        if any(path == one or path.startswith(f"{one}.") for one in FIXED):
            yield ("search", path), "must be the same in all trials, which are compared; search another path"
        for other, wanted in searched.conditions.items():
            yield from _misfit(search, path, other, wanted)
        if _leads_back(search, path):
            yield ("search", path, "when"), "leads back to itself; take a condition out"


def _valid_entries(search: Any) -> dict[str, Searched]:
    found = {}
    for path, entry in search.items() if isinstance(search, dict) else ():
        try:
            found[path] = Searched.model_validate(entry)
        except ValidationError:  # told with the other values
            continue
    return found


def _misfit(search: Mapping[str, Searched], path: str, other: str, wanted: list[Any]) -> Iterator[tuple[Key, str]]:
    at = ("search", path, "when", other)
    if other not in search:
        yield at, f"is not searched{nearest(other, set(search) - {path})}"
    elif search[other].choices is None:
        yield at, "has a range; a condition needs a path with choices"
    else:
        labels = search[other].labels
        for one in wanted:
            if label(one) not in labels:
                yield (
                    at,
                    f"{label(one)} is not among the choices there{nearest(str(one), map(str, labels))}",
                )
        if not wanted:
            yield at, "names no choice, so that this would never be searched"


def _leads_back(search: Mapping[str, Searched], path: str) -> bool:
    """Whether a path depends on itself."""
    reached: set[str] = set()
    ahead = list(search[path].when)
    while ahead:
        other = ahead.pop()
        if other not in reached and other in search:
            reached.add(other)
            ahead += search[other].when
    return path in reached
