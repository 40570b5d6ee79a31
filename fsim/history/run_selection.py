"""Filter and sort the runs of a list: `--filter train.optimizer.lr=1e-3`, `--sort exact/recall@1`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from operator import eq, ge, gt, le, lt
from typing import Any

from fsim.errors import FsimError, nearest
from fsim.history.run_record import RunRecord
from fsim.recipe.document import scalar

_CONDITION = re.compile(r"([^=<>\s]+)\s*(>=|<=|==?|>|<)\s*(.*)", re.DOTALL)
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {"=": eq, "==": eq, ">": gt, ">=": ge, "<": lt, "<=": le}
_ABSENT = object()


def select(records: Iterable[RunRecord], conditions: Iterable[str]) -> list[RunRecord]:
    """Return the runs for which all conditions hold, on metrics of the last evaluation or values of the recipe.

    Raises:
        FsimError: a condition cannot be read, or no run has what it asks for.
    """
    selected = list(records)
    for condition in conditions:
        match = _CONDITION.fullmatch(condition)
        if not match:
            raise FsimError(
                f"--filter {condition}: write key=value or, of a number, key>value, such as train.epochs=5 or "
                f"'exact/recall@1>0.7'"
            )
        key, operator, wanted = match[1], match[2], scalar(match[3].strip())
        compare = _COMPARE[operator]
        if compare is not eq and not _is_number(wanted):
            raise FsimError(f"--filter {condition}: write a number after {operator}")
        values = [_value(record, key) for record in selected]
        if selected and all(value is _ABSENT for value in values):
            known = {*_metrics(selected), *(path for record in selected for path in _paths(record.recipe))}
            raise FsimError(f"--filter {condition}: no run has '{key}'{_near(key, known)}")
        selected = [
            record
            for record, value in zip(selected, values, strict=True)
            if (compare is eq or _is_number(value)) and compare(value, wanted)
        ]
    return selected


def sort(records: Iterable[RunRecord], key: str) -> list[RunRecord]:
    """Sort by `time` (the newest first), `name`, or a metric of the last evaluation (the best first, runs without it
    last).

    Raises:
        FsimError: no run has that metric, or none says whether more or less of it is better.
    """
    newest = sorted(records, key=lambda record: record.started, reverse=True)
    if key == "time":
        return newest
    if key == "name":
        return sorted(newest, key=lambda record: record.name)
    reject_unknown_metrics(newest, [key], "--sort", ("time", "name"))
    if not newest:
        return newest
    directions = {
        key in record.less_is_better for record in newest if record.less_is_better is not None and key in record.metrics
    }
    if len(directions) != 1:
        raise FsimError(
            f"--sort {key}: the runs do not agree, or do not say, whether more or less of it is better; sort by time"
        )
    sign = 1 if directions.pop() else -1

    def best_first(record: RunRecord) -> tuple[bool, float]:
        value = record.metrics.get(key)
        return (True, 0.0) if value is None else (False, sign * value)

    return sorted(newest, key=best_first)


def reject_unknown_metrics(
    records: Sequence[RunRecord], names: Iterable[str], option: str, others: Iterable[str] = ()
) -> None:
    """Reject a metric that no run measured.

    Args:
        option: under which the metrics were given.
        others: what the option takes beside metrics.

    Raises:
        FsimError: there is one.
    """
    known = _metrics(records)
    for name in names:
        if records and name not in known:
            raise FsimError(f"{option} {name}: no run has '{name}'{_near(name, {*known, *others})}")


def _metrics(records: Iterable[RunRecord]) -> set[str]:
    return {name for record in records for name in record.metrics}


def _value(record: RunRecord, key: str) -> object:
    """The metric of that name, or what stands at that path of the recipe (list items by their number); else _ABSENT."""
    if key in record.metrics:
        return record.metrics[key]
    value: object = record.recipe
    for part in key.split("."):
        if isinstance(value, dict) and part in value:
            value = value[part]
        elif isinstance(value, list) and part.isascii() and part.isdigit() and int(part) < len(value):
            value = value[int(part)]
        else:
            return _ABSENT
    return value


def _paths(value: object, path: str = "") -> Iterable[str]:
    """The paths of all plain values of a recipe."""
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else None
    if children is None:
        yield path
    else:
        for name, child in children:
            yield from _paths(child, f"{path}.{name}" if path else str(name))


def _near(name: str, known: set[str]) -> str:
    """A hint at the nearest of many names; where none is near, at where all names are shown."""
    hint = nearest(name, known)
    return hint if hint.startswith(" (did") else "; see: fsim runs --json"


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
