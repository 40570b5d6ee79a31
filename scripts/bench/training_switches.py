"""What each switch of a recipe's `train:` does to speed and memory, and what keeping a run costs.

    python scripts/bench/training_switches.py [--steps 12] [--image-size 96] [--batch-size 64] [--items 200] [--compile]

Two tables, of trainings on generated garments:

1. ResNet-18, losses on the embeddings of the whole batch: images/s, and the most memory above what was there before the
   first step (of the GPU where there is one), by precision, memory format, moving average, chunks (gradient cache) and,
   with --compile, `torch.compile` after its warm-up. Each in a process of its own, since a process keeps memory that it
   once took; the first is taken again at the end, which tells how far the machine drifted.
2. an epoch of a recipe with checkpoints, best network, TensorBoard, log and backup, against the same without them.
"""

from __future__ import annotations

import argparse
import itertools
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

WARM_UP = 3
PLAIN = {"precision": "fp32", "channels_last": False}
SWITCHES: dict[str, dict[str, Any]] = {
    "fp32, contiguous": {},
    "channels_last": {"channels_last": True},
    "bf16": {"precision": "bf16"},
    "bf16, channels_last": {"precision": "bf16", "channels_last": True},
    "fp16, channels_last": {"precision": "fp16", "channels_last": True},
    "ema_decay 0.999": {"ema_decay": 0.999},
    "chunk_size 1/2": {"chunk_size": 2},
    "chunk_size 1/8": {"chunk_size": 8},
    "compile": {"compile": True},
    "compile, bf16, channels_last": {"compile": True, "precision": "bf16", "channels_last": True},
}


def recipe(items: int, batch_size: int, image_size: int, batches: int, **train: Any) -> dict[str, Any]:
    return {
        "name": "bench",
        "data": {
            "dataset": {"name": "garments", "items": items},
            "image_size": image_size,
            "augmentation": {"name": "standard"},
        },
        "model": {"backbone": {"name": "resnet18"}, "head": {"name": "siam_cat"}},
        "sampler": {"name": "m_per_class", "batch_size": batch_size, "batches_per_epoch": batches, "label": "item"},
        "losses": [{"name": "supcon"}, {"name": "cross_entropy"}],
        "train": {"epochs": 1000, **PLAIN, **train},
    }


def peak_bytes() -> int:
    import torch

    if torch.cuda.is_available():
        return torch.cuda.max_memory_allocated()
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def measure(args: argparse.Namespace, train: dict[str, Any]) -> dict[str, float]:
    """Images/s (the median of the steps) and bytes of one setting, in this process."""
    import torch

    from fsim.recipe.document import Document
    from fsim.recipe.validate import check_document
    from fsim.runtime.display import Display
    from fsim.runtime.machine import prepare_machine
    from fsim.training.build import build_training

    if "chunk_size" in train:
        train["chunk_size"] = args.batch_size // train["chunk_size"]
    checked = check_document(Document(recipe(args.items, args.batch_size, args.image_size, args.steps, **train)))
    machine = prepare_machine(checked.recipe.train.precision)
    training = build_training(checked, machine, Display(quiet=True))
    batches = [training.batches[step] for step in range(WARM_UP + args.steps)]
    before, seconds = peak_bytes(), []
    for batch in batches:
        start = time.perf_counter()
        training.step(batch)  # ends with .item(), so the device is done
        seconds.append(time.perf_counter() - start)
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    return {"rate": args.batch_size / statistics.median(seconds[WARM_UP:]), "bytes": peak_bytes() - before}


def in_own_process(args: argparse.Namespace, train: dict[str, Any]) -> dict[str, float] | None:
    command = [sys.executable, __file__, "--one", json.dumps(train)]
    for name in ("steps", "image_size", "batch_size", "items"):
        command += [f"--{name.replace('_', '-')}", str(getattr(args, name))]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True)
    return json.loads(done.stdout.splitlines()[-1]) if done.returncode == 0 else None


def switches(args: argparse.Namespace) -> None:
    asked = {name: SWITCHES[name] for name in args.rows if args.compile or "compile" not in SWITCHES[name]}
    first = next(iter(asked))
    rows = {name: in_own_process(args, train) for name, train in asked.items()}
    again = in_own_process(args, asked[first])
    base = rows[first]
    assert base is not None and again is not None, "the plain setting runs everywhere"
    print(f"\n{'train:':<30} {'images/s':>9} {'ratio':>6} {'memory, MB':>11} {'ratio':>6}")
    for name, row in [*rows.items(), (f"{first}, again", again)]:
        if row is None:
            print(f"{name:<30} does not run here")
            continue
        rate, size = row["rate"] / base["rate"], row["bytes"] / base["bytes"]
        print(f"{name:<30} {row['rate']:9.1f} {rate:6.2f} {row['bytes'] / 1e6:11.0f} {size:6.2f}")


def epochs_of_a_run(args: argparse.Namespace, kept: bool) -> list[float]:
    """Seconds of each epoch but the first of `fsim run`, evaluation included; `kept` with all that keeps the run."""
    from fsim.recipe.validate import check_recipe
    from fsim.report.run_observers import usual_observers
    from fsim.run.observer import EpochSummary, RunObserver
    from fsim.run.run import run_recipe
    from fsim.run.session import RunSession
    from fsim.runtime.display import Display
    from fsim.store.checkpoint import CheckpointFolder
    from fsim.store.run_folder import RunFolder

    ends: list[float] = []

    class Clock(RunObserver):
        def epoch_ended(self, summary: EpochSummary) -> None:
            ends.append(time.perf_counter())

    if not kept:
        for name in ("save_last", "save_best", "save_among_best"):
            setattr(CheckpointFolder, name, lambda *given: None)
    with tempfile.TemporaryDirectory() as folder:
        backup = f"backup={{url: {folder}/backup}}"
        overrides = [f"train.epochs={args.epochs}", backup if kept else "trackers=[]"]
        checked = check_recipe(Path(args.recipe), overrides)
        run = RunFolder.create(Path(folder), "bench")
        display = Display(run.log if kept else None, quiet=True)
        run_recipe(checked, RunSession(run, display), [*usual_observers(display), Clock()])
    return [stop - start for start, stop in itertools.pairwise(ends)]


def keeping(args: argparse.Namespace) -> None:
    """An epoch with all that keeps a run, against one without; the two alternate."""
    seconds: dict[str, list[float]] = {"kept": [], "not kept": []}
    for _ in range(args.rounds):
        for name in seconds:
            command = [sys.executable, __file__, "--keep", name, "--recipe", args.recipe, "--epochs", str(args.epochs)]
            done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
            seconds[name] += json.loads(done.stdout.splitlines()[-1])
    print(f"\nan epoch of {args.recipe}, with its evaluation")
    for name, values in seconds.items():
        print(f"{name:<10} {statistics.median(values):7.2f} s ({min(values):.2f}-{max(values):.2f})")
    ratio = statistics.median(seconds["kept"]) / statistics.median(seconds["not kept"])
    print(f"ratio {ratio:.3f}, wanted at most 1.03")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=12)
    parser.add_argument("--image-size", type=int, default=96)
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--items", type=int, default=200, help="of the generated garments")
    parser.add_argument(
        "--rows", nargs="+", choices=SWITCHES, default=list(SWITCHES), help="of the first table (default: all)"
    )
    parser.add_argument("--compile", action="store_true", help="torch.compile too, which takes minutes to warm up")
    parser.add_argument("--recipe", default="recipes/siam_cat.yaml", help="of the second table")
    parser.add_argument("--epochs", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--one", help=argparse.SUPPRESS)
    parser.add_argument("--keep", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.one is not None:
        print(json.dumps(measure(args, json.loads(args.one))))
    elif args.keep is not None:
        print(json.dumps(epochs_of_a_run(args, args.keep == "kept")))
    else:
        switches(args)
        keeping(args)


if __name__ == "__main__":
    main()
