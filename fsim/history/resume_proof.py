"""Proof on the user's machine that a run which was killed and resumed ends as if nothing had happened."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from fsim.errors import FsimError
from fsim.history.run_equality import differences
from fsim.store.run_folder import RunFolder


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
