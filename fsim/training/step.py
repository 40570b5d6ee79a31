"""One training step, from top to bottom, and the Ignite engine that repeats it."""

from __future__ import annotations

import logging
from functools import partial

import torch
from ignite.engine import Engine
from torch import Tensor

from fsim.errors import FsimError
from fsim.interfaces import IntArray
from fsim.runtime.machine import seed_torch
from fsim.training.batches import Batch
from fsim.training.chunked_forward import ChunkedForward
from fsim.training.losses import loss_signs
from fsim.training.state import SIGN_STEPS, TrainingState
from fsim.training.weight_groups import Freezing


class NotFiniteError(FsimError):
    """The loss became NaN or infinite; `rows` are the catalog rows of the batch."""

    def __init__(self, message: str, rows: IntArray) -> None:
        super().__init__(message)
        self.rows = rows


class TrainingStep:
    """Takes one step: forward, losses, backward, clip, optimizer, scheduler, moving average.

    Args:
        state: what the step changes.
        forward: how the network forwards a batch: whole or in chunks, by one process or several. Each forwards its own
            images, and the losses see those of all, as if they were one batch.
        freezing: which parts do not learn.
        clip_norm: the gradient of the network is shortened to this length; None: it is left as it is.
        seed: the recipe's. All draws are functions of it and of the step.
    """

    def __init__(
        self, state: TrainingState, forward: ChunkedForward, freezing: Freezing, clip_norm: float | None, seed: int
    ) -> None:
        self.state, self.forward, self.freezing, self.clip_norm, self.seed = state, forward, freezing, clip_norm, seed

    def __call__(self, batch: Batch) -> dict[str, float]:
        """Return the `loss`, and its terms where there are several.

        Raises:
            NotFiniteError: the loss is NaN or infinite.
        """
        state, processes = self.state, self.forward.processes
        network, losses, optimizer, scaler = state.network, state.losses, state.optimizer, state.scaler
        epoch, position = divmod(state.step, state.steps_per_epoch)
        batch = batch.with_labels_of_all(processes).to(self.forward.machine.device)

        # Forward. Each process draws its own dropout.
        self.freezing.begin_step(epoch)
        optimizer.zero_grad(set_to_none=True)
        outputs = self.forward(batch.inputs, partial(self._seed_chunk, epoch, position))

        # Losses. All processes draw alike, whatever their forwards drew.
        seed_torch(self.seed, "loss", epoch, position)
        available = {**outputs.tensors, **vars(batch)}
        terms = losses(available)
        total = torch.stack(list(terms.values())).sum()
        _reject_not_finite(total, batch, epoch, position)

        # Backward: the losses' own, then the network's where it is a second one.
        scaler.scale(total).backward()  # type: ignore[no-untyped-call]
        outputs.backward_through_network()
        processes.average_tensors([weights.grad for weights in losses.parameters() if weights.grad is not None])

        # Clip.
        if self.clip_norm is not None:
            scaler.unscale_(optimizer)
            torch.nn.utils.clip_grad_norm_(network.parameters(), self.clip_norm)

        # Optimizer: in fp16 a step in which gradients overflow is left out. Scheduler.
        scaler.step(optimizer)
        scaler.update()
        state.scheduler.step()

        # What follows the weights: memories of the losses, moving average.
        losses.remember(available)
        if state.average is not None:
            state.average.update_parameters(network)
        state.step += 1

        # Numbers of the step.
        values = {name: term.item() for name, term in terms.items()}
        step_losses = {"loss": total.item(), **(values if len(values) > 1 else {})}
        state.add_losses(step_losses)
        if state.steps_per_epoch - position <= SIGN_STEPS:
            state.add_signs(loss_signs(losses, available, values))
        return step_losses

    def _seed_chunk(self, epoch: int, position: int, chunk: int) -> None:
        rank = self.forward.processes.rank
        seed_torch(self.seed, "step", epoch, position, rank, *([chunk] if chunk else []))


def _reject_not_finite(total: Tensor, batch: Batch, epoch: int, position: int) -> None:
    if not torch.isfinite(total):
        rows = batch.rows.cpu().numpy()
        raise NotFiniteError(f"the loss is {total.item()} at epoch {epoch + 1}, step {position + 1}", rows)


def build_engine(step: TrainingStep) -> Engine:
    """Build an Ignite engine that takes a step for each batch; its output is what the step returns."""
    engine = Engine(lambda _, batch: step(batch))
    engine.logger.setLevel(logging.CRITICAL)  # it would print each exception, which is shown once and better above
    return engine
