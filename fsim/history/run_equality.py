"""Compare two runs bit for bit: did they come to the same end?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import torch
from torch import Tensor

from fsim.store.checkpoint import load_checkpoint
from fsim.store.run_folder import RunFolder

MOST_SHOWN = 5  # differences of each file


def differences(first: RunFolder, second: RunFolder) -> list[str]:
    """Return in what the states, the best networks and the metrics of two runs differ, timings left out.

    Raises:
        FsimError: a checkpoint can't be read.
    """
    found = []
    for name in ("last", "best"):
        states = [
            {key: value for key, value in load_checkpoint(folder.checkpoint(name)).content.items() if key != "resolved"}
            for folder in (first, second)
        ]
        found += [f"{name}.pt: {one}" for one in _of_values(states[0], states[1])][:MOST_SHOWN]
    lines = [
        [{key: value for key, value in line.to_json().items() if key != "timings"} for line in folder.metric_lines()]
        for folder in (first, second)
    ]
    found += [f"metrics.jsonl: line {one}" for one in _of_values(lines[0], lines[1])][:MOST_SHOWN]
    return found


def _of_values(first: Any, second: Any, at: str = "") -> Iterator[str]:
    """Paths at which two values differ."""
    if isinstance(first, Tensor) and isinstance(second, Tensor):
        if first.shape != second.shape or not torch.equal(_bits(first), _bits(second)):
            yield at
    elif isinstance(first, Mapping) and isinstance(second, Mapping):
        for key in dict.fromkeys([*first, *second]):
            place = f"{at}.{key}" if at else str(key)
            if key in first and key in second:
                yield from _of_values(first[key], second[key], place)
            else:
                yield f"{place} is in one of them only"
    elif isinstance(first, list | tuple) and isinstance(second, list | tuple) and len(first) == len(second):
        for number, (one, other) in enumerate(zip(first, second, strict=True), 1):
            yield from _of_values(one, other, f"{at}.{number}" if at else str(number))
    elif first != second and not (first != first and second != second):
        yield f"{at}: {first} and {second}"


def _bits(values: Tensor) -> Tensor:
    """The bytes of a tensor, by which NaN equals NaN, and 0 does not equal -0."""
    return values.detach().cpu().contiguous().reshape(-1).view(torch.uint8)
