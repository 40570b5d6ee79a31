"""The loop over the epochs: what happens after each step and each epoch, and when the loop stops."""

from __future__ import annotations

import time
from contextlib import nullcontext
from typing import Any

import torch
from ignite.engine import Engine, Events

from fsim.errors import FsimError
from fsim.run.interruption import Interruption
from fsim.run.keeper import RunKeeper
from fsim.run.observer import StepProgress
from fsim.training.build import Training
from fsim.training.step import NotFiniteError, build_engine


class Speed:
    """Images a second since the epoch began, or since the run was resumed."""

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


def run_epochs(training: Training, keeper: RunKeeper, interruption: Interruption) -> None:
    """Train from the step that the state stands at to the end of the run, or until a signal stops it.

    Raises:
        FsimError: the loss is no longer finite.
    """
    state, recipe = training.state, training.checked.recipe
    if keeper.finished or state.step >= training.total_steps:
        return
    engine = build_engine(training.step)
    attach_handlers(engine, training, keeper, interruption)
    epochs, steps, workers = recipe.train.epochs, state.steps_per_epoch, recipe.data.workers
    engine.load_state_dict({"iteration": state.step, "max_epochs": epochs, "epoch_length": steps})
    loader = training.batches.loader(state.step, training.total_steps, workers, torch.cuda.is_available())
    try:
        engine.run(loader, max_epochs=epochs, epoch_length=steps)
    except RuntimeError:
        if not (interruption.requested and workers):  # a signal to the group of processes ends those that load images
            raise
    except NotFiniteError as error:
        names = training.catalog.names(error.rows)
        raise FsimError(
            f"{error}; the images of this batch: {', '.join(names)}. Lower train.optimizer.lr, or set "
            f"train.precision=fp32, and look at these images"
        ) from error


def attach_handlers(engine: Engine, training: Training, keeper: RunKeeper, interruption: Interruption) -> None:
    """Say what happens at which event of the engine."""
    state, processes, epochs = training.state, training.processes, training.checked.recipe.train.epochs
    speed = Speed()

    def stop_is_requested() -> bool:
        """In one of the processes: all stop after the same step."""
        return processes.any(interruption.requested)

    @engine.on(Events.STARTED | Events.EPOCH_STARTED)
    def start_clock(engine: Engine) -> None:
        speed.restart()

    @engine.on(Events.ITERATION_COMPLETED)
    def after_step(engine: Engine) -> None:
        batch: Any = engine.state.batch
        losses: Any = engine.state.output
        speed.count(len(batch.rows) * processes.size)
        epoch, position = divmod(state.step - 1, state.steps_per_epoch)
        keeper.observer.step_ended(
            StepProgress(epoch + 1, epochs, position + 1, state.steps_per_epoch, losses, speed.rate())
        )
        if state.step % state.steps_per_epoch == 0:
            return  # the epoch's end saves
        if stop_is_requested():
            keeper.save_last()
            engine.terminate()
        else:
            keeper.save_if_due()

    @engine.on(Events.EPOCH_COMPLETED)
    def after_epoch(engine: Engine) -> None:
        keeper.end_epoch(speed.rate(), speed.seconds())
        if not stop_is_requested():
            with interruption.immediate() if processes.is_rank0 else nullcontext():
                keeper.evaluate()
        if stop_is_requested() or keeper.finished:
            engine.terminate()
