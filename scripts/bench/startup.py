"""How long a user waits: `fsim --help`, `fsim list-plugins`, and `fsim run` up to its first training step.

    python scripts/bench/startup.py recipes/siam_cat.yaml [key=value ...] [--rounds 7]

Each is a whole process, measured in turn with what it is held against, and the median of the ratios is shown. The
bare script imports torch, torchvision and Ignite and trains the same network for one step. Run the recipe once
before, so that its images are decoded.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time

FIRST_STEP = """
import sys, time, os
from ignite.engine import Engine, Events
start = float(sys.argv[1])
def report(engine):
    print("first step", time.time() - start, flush=True)
    os._exit(0)
initialise = Engine.__init__
def initialise_and_report(self, process):
    initialise(self, process)
    self.add_event_handler(Events.ITERATION_COMPLETED(once=1), report)
Engine.__init__ = initialise_and_report
from fsim.cli import main
main(["run", *sys.argv[2:]])
"""

BARE = """
import sys, time
start = float(sys.argv[1])
import torch
from fsim_plugins.torchvision_import import import_torchvision
models = import_torchvision("torchvision.models")
from ignite.engine import Engine
from ignite.handlers import Checkpoint
network = torch.nn.Sequential(models.resnet18(num_classes=256)).to(memory_format=torch.channels_last)
optimizer = torch.optim.AdamW(network.parameters(), lr=1e-3, fused=True)
def step(engine, images):
    with torch.autocast("cpu", dtype=torch.bfloat16, enabled=BF16):
        loss = network(images).square().mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
images = torch.zeros(BATCH, 3, SIZE, SIZE).contiguous(memory_format=torch.channels_last)
Engine(step).run([images])
print("first step", time.time() - start, flush=True)
"""


def seconds(*command: str) -> float:
    """Wall time of a whole process."""
    start = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - start


def to_first_step(program: str, *arguments: str) -> float:
    """Seconds from the start of the process to the end of its first training step."""
    command = [sys.executable, "-c", program, str(time.time()), *arguments]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return float(next(line for line in done.stdout.splitlines() if line.startswith("first step")).split()[-1])


def show(name: str, ours: list[float], theirs: list[float], limit: float) -> None:
    ratios = [a / b for a, b in zip(ours, theirs, strict=True)]
    print(
        f"{name:<52} {statistics.median(ours):7.3f} s {statistics.median(theirs):7.3f} s   ratio "
        f"{statistics.median(ratios):5.2f} ({min(ratios):.2f}-{max(ratios):.2f}), wanted at most {limit}"
    )


def main(recipe: list[str], rounds: int) -> None:
    from pathlib import Path

    import torch

    from fsim.recipe.validate import check_recipe
    from fsim.runtime.machine import prepare_machine

    checked = check_recipe(Path(recipe[0]), recipe[1:])
    size, batch = checked.recipe.data.image_size, checked["sampler"].value("batch_size") or 64
    machine = prepare_machine(checked.recipe.train.precision)
    bare = (
        BARE.replace("SIZE", str(size)).replace("BATCH", str(batch)).replace("BF16", str(machine.precision == "bf16"))
    )
    print(f"torch {torch.__version__}, {batch} images of {size} px, {machine.precision}; {rounds} rounds, medians\n")
    for name, command in (("fsim --help", ["--help"]), ("fsim list-plugins", ["list-plugins"])):
        pairs = [
            (seconds(sys.executable, "-m", "fsim", *command), seconds(sys.executable, "-c", "import torch"))
            for _ in range(rounds)
        ]
        show(f"{name} / python -c 'import torch'", [a for a, _ in pairs], [b for _, b in pairs], 0.15)
    with tempfile.TemporaryDirectory() as out:
        pairs = [(to_first_step(FIRST_STEP, *recipe, "--out", out), to_first_step(bare)) for _ in range(rounds)]
    show("fsim run, to the first step / bare script", [a for a, _ in pairs], [b for _, b in pairs], 1.15)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("recipe", nargs="*", default=["recipes/siam_cat.yaml"], help="and what is changed in it")
    parser.add_argument("--rounds", type=int, default=7)
    given = parser.parse_args()
    main(given.recipe, given.rounds)
