"""What the engine, its handlers and the loader cost beside a bare loop of the same steps.

    python scripts/bench/engine.py [--blocks 8] [--steps 12] [--image-size 96] [--items 100]

A training on generated garments is timed step by step: with the Ignite engine as `fsim run` attaches it, and as a
bare Python loop over the same batches with the same forward, losses, backward and optimizer step. The two alternate
in blocks, so that a drift of the machine's speed falls on both.
"""

from __future__ import annotations

import argparse
import statistics
import time
from typing import Any

import torch

from fsim.recipe.document import Document
from fsim.recipe.validate import check_document
from fsim.run.interruption import Interruption
from fsim.run.keeper import RunKeeper
from fsim.run.loop import attach_handlers
from fsim.run.observer import RunObserver
from fsim.run.terminal import TerminalObserver
from fsim.runtime.display import Display
from fsim.runtime.machine import prepare_machine
from fsim.training.build import build_training
from fsim.training.step import build_engine

RECIPE: dict[str, Any] = {
    "name": "bench",
    "data": {"augmentation": {"name": "standard"}},
    "model": {"backbone": {"name": "resnet18"}, "head": {"name": "siam_cat"}},
    "sampler": {"name": "balanced_pairs", "batch_size": 64},
    "losses": [{"name": "contrastive"}, {"name": "cross_entropy"}],
    "train": {"epochs": 1000},
}


class IdleKeeper(RunKeeper):
    """The steps alone are timed, not what an epoch's end saves and measures."""

    finished = False
    saved_step = 0

    def __init__(self, observer: RunObserver) -> None:
        self.observer = observer

    def start(self) -> None: ...

    def resume(self) -> None: ...

    def end_epoch(self, images_per_second: float, seconds: float) -> None: ...

    def evaluate(self) -> None: ...

    def save_last(self) -> None: ...

    def save_if_due(self) -> None: ...

    def result(self) -> None: ...


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--blocks", type=int, default=8)
    parser.add_argument("--steps", type=int, default=12, help="of a block")
    parser.add_argument("--image-size", type=int, default=96)
    parser.add_argument("--items", type=int, default=100, help="of the generated garments")
    options = parser.parse_args()
    dataset = {"name": "garments", "items": options.items}
    data = {**RECIPE["data"], "dataset": dataset, "image_size": options.image_size}
    sampler = {**RECIPE["sampler"], "batches_per_epoch": options.steps + 1}
    checked = check_document(Document({**RECIPE, "data": data, "sampler": sampler}))
    machine = prepare_machine("auto")
    display = Display()
    training = build_training(checked, machine, display)
    batches, state = training.batches, training.state
    network, losses = state.network, state.losses

    def bare_step(step: int) -> None:
        batch = batches[step]
        network.train()
        with machine.autocast():
            outputs = network(batch.images)
        terms = losses({**{name: value.float() for name, value in outputs.items()}, **vars(batch)})
        total = torch.stack(list(terms.values())).sum()
        state.optimizer.zero_grad(set_to_none=True)
        total.backward()
        state.optimizer.step()
        state.scheduler.step()
        total.item()

    def bare_block() -> None:
        for step in range(options.steps):
            bare_step(step)

    with Interruption() as interruption:
        keeper = IdleKeeper(TerminalObserver(display))

        def engine_block() -> None:
            state.step = 0
            engine = build_engine(training.step)
            attach_handlers(engine, training, keeper, interruption)
            engine.run(batches.loader(0, options.steps, 0), max_epochs=1, epoch_length=options.steps)

        bare_block()
        engine_block()
        times: dict[str, list[float]] = {"bare loop": [], "engine": []}
        for _ in range(options.blocks):
            for name, block in (("bare loop", bare_block), ("engine", engine_block)):
                start = time.perf_counter()
                block()
                times[name].append((time.perf_counter() - start) / options.steps)
    ratios = [ours / bare for ours, bare in zip(times["engine"], times["bare loop"], strict=True)]
    for name, values in times.items():
        print(f"{name:<10} {statistics.median(values) * 1e3:8.2f} ms a step of 64 images")
    print(f"ratio {statistics.median(ratios):.3f} ({min(ratios):.3f}-{max(ratios):.3f}), wanted at most 1.03")


if __name__ == "__main__":
    main()
