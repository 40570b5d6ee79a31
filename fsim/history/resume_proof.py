"""Prove on the user's machine that a run which was killed and resumed ends bit for bit as if nothing had happened."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from fsim.errors import FsimError
from fsim.store.checkpoint import load_checkpoint
from fsim.store.run_folder import RunFolder

MOST_SHOWN = 5  # differences of each file


def prove_resume(
    recipe: Path, overrides: Sequence[str], out: Path, kills: int, seed: int, say: Callable[[str], None]
) -> list[str]:
    """Run a recipe undisturbed, and once more in a process that is killed and resumed; return in what the two runs
    differ.

    Args:
        out: where the two runs are made, in `alone/` and `killed/`.
        kills: how often it is killed, 1 or more; each time at a random moment of what is left of the run.
        seed: of the moments.
        say: called with a line for each step.

    Raises:
        FsimError: a run fails for another reason.
    """
    arguments = ["run", str(recipe), *overrides]
    started = time.monotonic()
    _finish(_start([*arguments, "--out", str(out / "alone")]))
    whole = time.monotonic() - started
    say(f"left alone: {whole:.0f} seconds")
    moments = random.Random(seed)
    command = [*arguments, "--out", str(out / "killed")]
    for number in range(1, kills + 1):
        process = _start(command)
        after = moments.uniform(0.2, 0.9) * whole / (1 if number == 1 else 2)
        try:
            process.communicate(timeout=after)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            say(f"killed after {after:.1f} seconds{_epoch_reached(out / 'killed')}")
        else:
            say(f"ended before {after:.1f} seconds were over")
        command = _resume_command(out / "killed", command)
    _finish(_start(command))
    alone, killed = (_only_run(out / name) for name in ("alone", "killed"))
    assert alone is not None and killed is not None, "both came to their end"
    return differences(alone, killed)


def _start(arguments: Sequence[str]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "fsim", *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )


def _finish(process: subprocess.Popen[str]) -> None:
    _, message = process.communicate()
    if process.returncode != 0:
        raise FsimError(f"a run did not come to its end:\n{message.strip()}")


def _only_run(out: Path) -> RunFolder | None:
    return next((RunFolder(file.parent) for file in out.glob("*/*/recipe.yaml")), None)


def _resume_command(out: Path, command: list[str]) -> list[str]:
    """What goes on after a kill: the run from its folder, or the first command where the kill came before that."""
    run = _only_run(out)
    return command if run is None else ["resume", str(run.path)]


def _epoch_reached(out: Path) -> str:
    """Where the run stood, as an end of a sentence."""
    run = _only_run(out)
    lines = [] if run is None else run.metric_lines()
    return f", after epoch {lines[-1].epoch}" if lines else ", before the first epoch was over"


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
