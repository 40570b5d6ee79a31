"""Kills short runs at random points, resumes them, and holds each end against a run that was left alone.

    python scripts/kill_runs.py --points 200

A point is a moment, or a file that is about to be opened or renamed: the kill falls into steps, and into the writing
of checkpoints, metrics and the image cache. About a third of the runs is killed again after it was resumed; a third
loads by two worker processes. Exit code 1 where one does not come to the same bits.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image
from torch import Tensor, nn

import fsim.commands.resume
import fsim.commands.run
from fsim.cli import main as fsim
from fsim.history.resume_proof import differences
from fsim.plugin.registry import register
from fsim.store.run_folder import RunFolder

RECIPE = """
name: killed
data: {{dataset: {{name: folder, root: {root}}}, image_size: 16, augmentation: {{name: standard}}}}
model: {{backbone: {{name: tiny}}, head: {{name: siam_cat, embedding_dim: 8}}}}
sampler: {{name: balanced_pairs, batch_size: 8}}
losses: [{{name: contrastive}}, {{name: cross_entropy}}]
train:
  epochs: 3
  scheduler: {{name: cosine}}
  ema_decay: 0.9
  checkpoints: {{every_steps: 2, keep_last: 2, keep_best: 2}}
evaluation: {{evaluators: [{{name: exact, k: [1, 2]}}], projections: [{{name: pca}}]}}
"""
SIGHT = ("open", "os.rename", "os.remove", "os.mkdir")  # audit events at which a run can be killed


class Tiny(nn.Module):
    """A backbone that leaves the time to what is tested."""

    out_features = 16

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(3, 16, 5, stride=4), nn.BatchNorm2d(16), nn.ReLU(), nn.Dropout2d(0.2), nn.AdaptiveAvgPool2d(1)
        )

    def forward(self, images: Tensor) -> Tensor:
        return self.body(images).flatten(1)


class Point(NamedTuple):
    """When to kill: after so many seconds, or at the event of that number."""

    seconds: float | None = None
    event: int | None = None

    def __str__(self) -> str:
        return f"after {self.seconds:.2f} s" if self.event is None else f"at file event {self.event}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--points", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    register("backbone", "tiny")(Tiny)
    chance = random.Random(args.seed)
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        recipe = place / "recipe.yaml"
        recipe.write_text(RECIPE.format(root=_pictures(place / "pictures")), encoding="utf-8")
        _run(place / "first", ["run", str(recipe), "--out", str(place / "first")], None)
        for name in (place / "first" / "modules").read_text().split():
            with contextlib.suppress(ImportError):
                importlib.import_module(name)  # here, so that the children need not
        started = time.perf_counter()
        whole, events = _run(place / "whole", ["run", str(recipe), "--out", str(place / "whole")], None)
        seconds = time.perf_counter() - started
        assert whole == 0, "the run that is left alone ends well"
        (undisturbed,) = map(RunFolder, (place / "whole").glob("killed/*"))
        print(f"left alone: {seconds:.2f} s, {events} file events")
        for number in range(args.points):
            out = place / f"point-{number}"
            found, told = _point(out, recipe, undisturbed, seconds, events, chance)
            failed += bool(found)
            print(f"{number + 1:4}  {told:60}  {'; '.join(found) or 'equal'}", flush=True)
            shutil.rmtree(out)
    print(f"{args.points - failed} of {args.points} equal")
    sys.exit(1 if failed else 0)


def _point(
    out: Path, recipe: Path, undisturbed: RunFolder, seconds: float, events: int, chance: random.Random
) -> tuple[list[str], str]:
    """Kill a run once or twice, resume it, and tell in what it differs from the undisturbed, and what was done."""
    workers = ["data.workers=2"] if chance.random() < 1 / 3 else []
    command = ["run", str(recipe), "--out", str(out), *workers]
    told = []
    for _ in range(2 if chance.random() < 1 / 3 else 1):
        if chance.random() < 0.5:
            point = Point(seconds=chance.uniform(0.02, seconds))
        else:
            point = Point(event=chance.randrange(1, events))
        code, _ = _run(out, command, point)
        told.append(f"killed {point}" if code < 0 else f"ended before {point}")
        command = _go_on(out, command)
    code, _ = _run(out, command, None)
    if code != 0:
        said = (out / "said").read_text(encoding="utf-8").strip().splitlines()
        return [f"{command[0]} ended with {code}: {said[-1] if said else 'nothing said'}"], ", ".join(told)
    (run,) = map(RunFolder, out.glob("killed/*"))
    found = differences(undisturbed, run)
    found += [f"{file} was left" for file in run.path.rglob(".*")]
    names = [sorted(file.name for file in folder.checkpoints.iterdir()) for folder in (undisturbed, run)]
    return found + ([f"checkpoints {names[1]}"] if names[0] != names[1] else []), ", ".join([*told, *workers])


def _go_on(out: Path, command: list[str]) -> list[str]:
    """Resume the run that is there; begin anew where its recipe was not written yet."""
    for run in out.glob("killed/*"):
        if (run / "recipe.yaml").is_file():
            return ["resume", str(run)]
        shutil.rmtree(run)
    return command


def _run(out: Path, command: list[str], kill: Point | None) -> tuple[int, int]:
    """A command in a process of its own, with all imports done: its exit code (negative: killed), and the file events
    that it came to where it was not."""
    out.mkdir(exist_ok=True)
    counted = out / "events"
    child = os.fork()
    if child == 0:
        os.environ["FSIM_CACHE_DIR"] = str(out / "cache")
        code = 3
        with contextlib.suppress(BaseException), (out / "said").open("w") as said:
            os.dup2(said.fileno(), 1), os.dup2(said.fileno(), 2)
            events = _count_events(out, kill)
            if kill is not None and kill.seconds is not None:
                signal.setitimer(signal.ITIMER_REAL, kill.seconds)  # SIGALRM ends a process wherever it is
            try:
                fsim(command)
            except SystemExit as ended:
                code = int(ended.code or 0)
            sys.stdout.flush()
            number = events[0]
            counted.write_text(str(number))
            (out / "modules").write_text("\n".join(sys.modules))
        os._exit(code)
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    return code, int(counted.read_text()) if code == 0 else 0


def _count_events(out: Path, kill: Point | None) -> list[int]:
    """Count what is done to files below `out`, in a list of one number, and end the process at the event asked for."""
    count = [0]
    below = str(out)

    def hook(event: str, arguments: tuple[object, ...]) -> None:
        if event in SIGHT and str(arguments[0]).startswith(below):
            count[0] += 1
            if kill is not None and count[0] == kill.event:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(hook)
    return count


def _pictures(root: Path) -> Path:
    rng = np.random.default_rng(0)
    for split, number in (("train", 8), ("val", 4)):
        for category, colour in (("hat", (200, 60, 60)), ("shoes", (60, 200, 60)), ("skirt", (60, 60, 200))):
            folder = root / split / category
            folder.mkdir(parents=True)
            for one in range(number):
                noisy = np.clip(rng.normal(colour, 40, (20, 15, 3)), 0, 255).astype(np.uint8)
                Image.fromarray(noisy).save(folder / f"{one}.jpg")
    return root


if __name__ == "__main__":
    main()
