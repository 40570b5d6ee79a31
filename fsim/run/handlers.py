"""What happens at which event of the engine: progress, Ctrl-C, the end of an epoch."""

from __future__ import annotations

import time
from contextlib import nullcontext
from typing import Any

from ignite.engine import Engine, Events

from fsim.backup.background import Backup
from fsim.run.follower import Follower
from fsim.run.interruption import Interruption
from fsim.run.keeper import Keeper
from fsim.runtime.display import Display, shown
from fsim.runtime.processes import ALONE, Processes
from fsim.training.state import TrainingState


class Speed:
    """Images a second since the epoch began, or since it was taken up."""

    def __init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        self.started, self.images = time.perf_counter(), 0

    def count(self, images: int) -> None:
        self.images += images

    def seconds(self) -> float:
        return time.perf_counter() - self.started

    def rate(self) -> float:
        return self.images / self.seconds()


def attach(
    engine: Engine,
    state: TrainingState,
    keeper: Keeper | Follower,
    display: Display,
    interruption: Interruption,
    epochs: int,
    processes: Processes = ALONE,
    backup: Backup | None = None,
) -> None:
    """Say what happens at which event of the engine."""
    speed = Speed()

    def stop_is_asked_for() -> bool:
        """In one of the processes: all stop after the same step."""
        return processes.any(interruption.requested)

    @engine.on(Events.STARTED | Events.EPOCH_STARTED)
    def start_clock(engine: Engine) -> None:
        speed.restart()

    @engine.on(Events.ITERATION_COMPLETED)
    def after_step(engine: Engine) -> None:
        batch: Any = engine.state.batch
        speed.count(len(batch.rows) * processes.size)
        if display.console.is_terminal:
            epoch, done = divmod(state.step - 1, state.steps_per_epoch)
            output: Any = engine.state.output
            text = f"{shown(output)}  {speed.rate():.0f} images/s"
            display.bar(f"epoch {epoch + 1}/{epochs}", done + 1, state.steps_per_epoch, text)
        if state.step % state.steps_per_epoch == 0:
            return  # the epoch's end saves
        if stop_is_asked_for():
            keeper.save_last()
            engine.terminate()
        else:
            keeper.save_if_due()

    @engine.on(Events.EPOCH_COMPLETED)
    def after_epoch(engine: Engine) -> None:
        said = keeper.end_epoch(speed.rate(), speed.seconds())
        if not stop_is_asked_for():
            with interruption.immediate() if processes.is_rank0 else nullcontext():
                keeper.evaluate(said)
            if backup is not None:
                backup.ask()
        if stop_is_asked_for() or keeper.finished:
            engine.terminate()
