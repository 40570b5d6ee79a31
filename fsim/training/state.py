"""The state of a training: all that changes while a network learns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler
from torch.optim.swa_utils import AveragedModel

from fsim.model.network import Network
from fsim.training.losses import LossTerms

SIGN_STEPS = 8  # the last steps of an epoch, at which the losses are asked for their signs


@dataclass
class TrainingState:
    """All that changes while a network learns, and how it is saved and loaded.

    scaler   of the loss, in fp16 alone: small gradients have no room there
    average  the moving average of the weights, where the recipe wants one
    step     optimizer steps done
    sums     of the losses, over the epoch so far
    signs    sums of the losses' signs, over the last steps of the epoch so far
    """

    network: Network
    losses: LossTerms
    optimizer: Optimizer
    scheduler: LRScheduler
    scaler: torch.amp.GradScaler
    average: AveragedModel | None
    steps_per_epoch: int
    step: int = 0
    sums: dict[str, float] = field(default_factory=dict)
    signs: dict[str, float] = field(default_factory=dict)

    @property
    def evaluated(self) -> Network:
        """The network that is evaluated and kept: the moving average of the weights where there is one."""
        return self.network if self.average is None else self.average.module  # type: ignore[return-value]

    def tensors(self) -> list[Tensor]:
        """Return all weights and buffers, those of the moving average too."""
        modules = [self.network, self.losses, *([] if self.average is None else [self.average])]
        return [tensor.detach() for module in modules for tensor in (*module.parameters(), *module.buffers())]

    def state_dict(self) -> dict[str, Any]:
        """Return everything that must be saved to go on exactly here."""
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

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on where `state` was saved."""
        self.network.load_state_dict(state["model"])
        self.losses.load_state_dict(state["losses"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.scheduler.load_state_dict(state["scheduler"])
        self.scaler.load_state_dict(state["scaler"])
        if self.average is not None:
            self.average.load_state_dict(state["average"])
        self.step, self.sums, self.signs = int(state["step"]), dict(state["sums"]), dict(state["signs"])

    def add_losses(self, values: Mapping[str, float]) -> None:
        """Add the losses of a step to the sums of its epoch."""
        _add(values, self.sums)

    def add_signs(self, signs: Mapping[str, float]) -> None:
        """Add the losses' signs at one of the last steps of an epoch to their sums."""
        _add(signs, self.signs)

    def take_epoch_means(self) -> dict[str, float]:
        """Return the mean of each loss term over the epoch that just ended, and begin the next."""
        means = {name: value / self.steps_per_epoch for name, value in self.sums.items()}
        self.sums = {}
        return means

    def take_epoch_signs(self) -> dict[str, float]:
        """Return the mean of each sign of the losses over the last steps of the epoch that just ended, and begin the
        next."""
        means = {name: value / min(SIGN_STEPS, self.steps_per_epoch) for name, value in self.signs.items()}
        self.signs = {}
        return means


def _add(values: Mapping[str, float], sums: dict[str, float]) -> None:
    for name, value in values.items():
        sums[name] = sums.get(name, 0.0) + value
