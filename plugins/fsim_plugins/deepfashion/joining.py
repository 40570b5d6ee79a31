"""Joins what several files say of the same images or items."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TypeVar

import numpy as np

from fsim.errors import FsimError
from fsim.functional.labels.attribute_labels import HAS, UNKNOWN, AttributeLabels
from fsim_plugins.deepfashion.annotation_file import shown
from fsim_plugins.deepfashion.attribute_file import Labels

log = logging.getLogger("fsim.deepfashion")
Value = TypeVar("Value")
Box = tuple[float, float, float, float]


def by_name(file: Path, rows: Sequence[Sequence[str]]) -> dict[str, list[str]]:
    """First column -> the other columns. Of a name that stands there twice the first row counts, and a warning is
    logged."""
    found: dict[str, list[str]] = {}
    for name, *rest in rows:
        found.setdefault(name, rest)
    _warn_of_repeated(file, [name for name, *_ in rows])
    return found


def _warn_of_repeated(file: Path, names: Sequence[str]) -> None:
    seen: set[str] = set()
    repeated = [name for name in names if name in seen or seen.add(name)]  # type: ignore[func-returns-value]
    if repeated:
        log.warning(
            "%s has %d rows of names that it has already (first: %s); the first of each counts",
            file,
            len(repeated),
            shown(repeated[0]),
        )


def looked_up(file: Path, names: Sequence[str], found: Mapping[str, Value], unknown: Value) -> list[Value]:
    """What was found for each name, and `unknown` for the others, whose number is logged.

    Raises:
        FsimError: the file knows none of the names.
    """
    missing = [name for name in names if name not in found]
    if missing and len(missing) == len(names):
        raise FsimError(
            f"{file} knows none of the names that the benchmark lists ({shown(names[0])}, ...) but such as "
            f"{shown(next(iter(found), ''))}; is it the file of another benchmark?"
        )
    if missing:
        log.warning("%s says nothing of %d of %d names (first: %s)", file, len(missing), len(names), shown(missing[0]))
    return [found.get(name, unknown) for name in names]


def looked_up_labels(file: Path, names: Sequence[str], known: Sequence[str], labels: Labels) -> Labels:
    """Labels [M, A] of the names that a file knows -> [N, A], unknown where it does not know one. Of a name that
    stands there twice the first row counts, and a warning is logged."""
    _warn_of_repeated(file, known)
    if list(names) == list(known):
        return labels
    place = {name: row for row, name in reversed(list(enumerate(known)))}  # the first of a name that is there twice
    rows = np.array(looked_up(file, names, place, -1), np.int64)
    found: Labels = labels[rows]
    found[rows < 0] = UNKNOWN
    return found


def boxes(file: Path, names: Sequence[str], edges: Mapping[str, Sequence[str]]) -> list[Box | None]:
    """x_1 y_1 x_2 y_2 of each image as numbers; None for a box that is not there or holds nothing, which is logged.

    Raises:
        FsimError: edges that are no numbers.
    """
    found: dict[str, Box] = {}
    empty = []
    for name, columns in edges.items():
        try:
            x1, y1, x2, y2 = (float(edge) for edge in columns)
        except ValueError:
            raise FsimError(
                f"{file}: the box '{shown(' '.join(columns))}' of {shown(name)} is not four numbers; fix it"
            ) from None
        if x1 < x2 and y1 < y2:
            found[name] = (x1, y1, x2, y2)
        else:
            empty.append(name)
    if empty:
        log.warning(
            "%s has %d boxes that hold nothing (first: of %s); taking the whole pictures",
            file,
            len(empty),
            shown(empty[0]),
        )
    return looked_up(file, names, {**dict.fromkeys(empty), **found}, None)


def by_type(labels: AttributeLabels) -> list[dict[str, list[str]]]:
    """For each image, and each type of which something is known: the names of the attributes that it has."""
    types = list(dict.fromkeys(labels.types))
    if not types:
        return [{} for _ in labels.values]
    known = np.stack(
        [(labels.values[:, [one == kind for one in labels.types]] != UNKNOWN).any(1) for kind in types], axis=1
    )  # [N, types]
    found: list[dict[str, list[str]]] = [
        {kind: [] for kind, there in zip(types, row, strict=True) if there} for row in known.tolist()
    ]
    for row, column in zip(*(axis.tolist() for axis in np.nonzero(labels.values == HAS)), strict=True):
        found[row][labels.types[column]].append(labels.names[column])
    return found
