"""The training step as an Ignite engine: one forward for the whole batch, the losses' sum, one step down."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

import torch
from ignite.engine import Engine
from torch import Tensor
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler
from torch.optim.swa_utils import AveragedModel

from fsim.errors import FsimError
from fsim.interfaces import IntArray
from fsim.model.network import LossTerms, Network
from fsim.plugin.parameters import arguments
from fsim.recipe.checked_recipe import CheckedRecipe
from fsim.runtime.machine import Machine
from fsim.runtime.processes import ALONE, Processes
from fsim.runtime.randomness import seed_torch
from fsim.training.batches import Batch
from fsim.training.gradients import in_parts, whole_batch
from fsim.training.loss_signs import loss_signs
from fsim.training.weight_groups import Frozen, parameter_groups

SIGN_STEPS = 8  # the last steps of an epoch, at which the losses are asked for their signs


class NotFiniteError(FsimError):
    """The loss became NaN or infinite; `rows` are the catalog rows of the batch."""

    def __init__(self, message: str, rows: IntArray) -> None:
        super().__init__(message)
        self.rows = rows


class Training:
    """All that changes while a network learns, and how to save it and take it up again."""

    def __init__(self, checked: CheckedRecipe, network: Network, losses: LossTerms, steps_per_epoch: int) -> None:
        self.settings = train = checked.recipe.train
        self.network, self.losses = network, losses
        self.steps_per_epoch = steps_per_epoch
        self.total_steps = train.epochs * steps_per_epoch
        self.frozen = Frozen(network, train.frozen)
        rate = train.optimizer.parameters.get("lr")
        self.optimizer: Optimizer = _build_optimizer(
            checked, parameter_groups({"": network, "losses": losses}, rate, train.learning_rates)
        )
        self.scheduler: LRScheduler = checked["train.scheduler"].build(
            optimizer=self.optimizer, total_steps=self.total_steps, steps_per_epoch=steps_per_epoch
        )
        _refuse_one_rate(self.optimizer, train.learning_rates, train.scheduler.name)
        # fp16 has no room for small gradients: they are scaled up, and a step in which they overflow is left out.
        device = next(network.parameters()).device.type
        self.scaler = torch.amp.GradScaler(device, enabled=train.precision == "fp16")
        self.average = _moving_average(network, train.ema_decay) if train.ema_decay else None
        self.step = 0  # optimizer steps done
        self.sums: dict[str, float] = {}  # of the losses, over the epoch so far
        self.signs: dict[str, float] = {}  # sums of the losses' signs, over the last steps of the epoch so far

    @property
    def evaluated(self) -> Network:
        """The network that is evaluated and kept: the moving average of the weights where there is one."""
        return self.network if self.average is None else self.average.module  # type: ignore[return-value]

    def tensors(self) -> list[Tensor]:
        """All weights and buffers, those of the moving average too."""
        modules = [self.network, self.losses, *([] if self.average is None else [self.average])]
        return [tensor.detach() for of in modules for tensor in (*of.parameters(), *of.buffers())]

    def state(self) -> dict[str, Any]:
        """Everything that must be saved to go on exactly here."""
        return {
            "model": self.network.state_dict(),
            "losses": self.losses.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "scheduler": self.scheduler.state_dict(),
            "scaler": self.scaler.state_dict(),
            "average": None if self.average is None else self.average.state_dict(),
            "step": self.step,
            "sums": dict(self.sums),
            "signs": dict(self.signs),
        }

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Go on where `state` was taken."""
        self.network.load_state_dict(state["model"])
        self.losses.load_state_dict(state["losses"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.scheduler.load_state_dict(state["scheduler"])
        self.scaler.load_state_dict(state.get("scaler", {}))
        if self.average is not None:
            self.average.load_state_dict(state["average"])
        self.step, self.sums, self.signs = int(state["step"]), dict(state["sums"]), dict(state.get("signs", {}))

    def take_epoch_means(self) -> dict[str, float]:
        """Mean of each loss term over the epoch that just ended."""
        means = {name: value / self.steps_per_epoch for name, value in self.sums.items()}
        self.sums = {}
        return means

    def take_epoch_signs(self) -> dict[str, float]:
        """Mean of each sign of the losses (`loss_signs`) over the last steps of the epoch that just ended."""
        means = {name: value / min(SIGN_STEPS, self.steps_per_epoch) for name, value in self.signs.items()}
        self.signs = {}
        return means


def _refuse_one_rate(optimizer: Optimizer, shares: Mapping[str, float], scheduler: str) -> None:
    """Tell a scheduler that gave all groups of weights one learning rate.

    Raises:
        FsimError: it did.
    """
    rates = {group["lr"] for group in optimizer.param_groups}
    if shares and len(optimizer.param_groups) > 1 and len(rates) == 1 and rates != {0.0}:
        raise FsimError(
            f"the scheduler '{scheduler}' gives all weights one learning rate, so that train.learning_rates would not "
            f"hold: take another, such as cosine, or leave them out"
        )


def _build_optimizer(checked: CheckedRecipe, parameters: list[Any]) -> Optimizer:
    part = checked["train.optimizer"]
    if "p_fused" in type(part.settings).model_fields and part.settings.p_fused is None:  # type: ignore[attr-defined]
        fused = part.settings.model_copy(update={"p_fused": True})
        try:  # one pass over the weights in place of ten, where torch has it for this device
            return part.component(parameters, **arguments(fused))  # type: ignore[no-any-return]
        except (RuntimeError, ValueError):
            pass
    return part.build(params=parameters)  # type: ignore[no-any-return]


def _moving_average(network: Network, decay: float) -> AveragedModel:
    def update(averages: Any, values: Any, count: Any) -> None:
        now = min(decay, (1 + int(count)) / (10 + int(count)))  # so that the first, poor weights are soon forgotten
        for average, value in zip(averages, values, strict=True):
            if average.is_floating_point():
                average.lerp_(value, 1 - now)
            else:
                average.copy_(value)

    return AveragedModel(network, multi_avg_fn=update, use_buffers=True)


def build_engine(training: Training, machine: Machine, seed: int, processes: Processes = ALONE) -> Engine:
    """An Ignite engine whose output is the loss terms of the step, `loss` their sum. Of several processes each forwards
    its own batch; the losses see those of all, as if they were one.

    Raises (while it runs):
        NotFiniteError: the loss is NaN or infinite.
    """
    network, losses = training.network, training.losses
    optimizer, scheduler, scaler, train = training.optimizer, training.scheduler, training.scaler, training.settings

    def train_step(engine: Engine, batch: Batch) -> dict[str, float]:
        epoch, position = divmod(training.step, training.steps_per_epoch)
        batch = batch.of_all(processes).to(machine.device)
        training.frozen.hold(epoch)
        optimizer.zero_grad(set_to_none=True)
        found: dict[str, Any] = {}  # what the losses were given, their terms, and the sum

        def loss(outputs: dict[str, Tensor]) -> Tensor:
            # All processes draw alike, and whatever the forward drew.
            seed_torch(seed, "loss", epoch, position)
            available = {**outputs, **vars(batch)}
            terms = losses(available)
            total: Tensor = torch.stack(list(terms.values())).sum()
            if not torch.isfinite(total):
                rows = batch.rows.cpu().numpy()
                raise NotFiniteError(f"the loss is {total.item()} at epoch {epoch + 1}, step {position + 1}", rows)
            found.update(available=available, terms=terms, total=total)
            return scaler.scale(total)

        def seed_chunk(chunk: int) -> None:
            seed_torch(seed, "step", epoch, position, processes.rank, *([chunk] if chunk else []))

        if train.chunk_size is None and processes.size == 1:
            whole_batch(network, machine, batch.inputs, loss, seed_chunk)
        else:
            in_parts(network, machine, batch.inputs, loss, seed_chunk, train.chunk_size, processes)
            processes.average([weights.grad for weights in losses.parameters() if weights.grad is not None])
        if train.clip_norm is not None:
            scaler.unscale_(optimizer)
            torch.nn.utils.clip_grad_norm_(network.parameters(), train.clip_norm)
        scaler.step(optimizer)
        scaler.update()
        scheduler.step()
        available, terms, total = found["available"], found["terms"], found["total"]
        losses.remember(available)
        if training.average is not None:
            training.average.update_parameters(network)
        training.step += 1
        values = {
            "loss": total.item(),
            **({name: term.item() for name, term in terms.items()} if len(terms) > 1 else {}),
        }
        _add(values, training.sums)
        if training.steps_per_epoch - position <= SIGN_STEPS:
            _add(loss_signs(losses, available, {name: term.item() for name, term in terms.items()}), training.signs)
        return values

    engine = Engine(train_step)
    engine.logger.setLevel(logging.CRITICAL)  # it would print each exception, which is told once and better above
    return engine


def _add(values: Mapping[str, float], sums: dict[str, float]) -> None:
    for name, value in values.items():
        sums[name] = sums.get(name, 0.0) + value
