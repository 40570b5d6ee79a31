"""Optimizers and learning-rate schedulers, as torch has them."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, Protocol, runtime_checkable


@runtime_checkable
class Optimizer(Protocol):
    """A `torch.optim.Optimizer`. Injected: `params`, the groups of weights that it moves."""

    param_groups: list[dict[str, Any]]  # each with its `lr`, read at every step

    @abstractmethod
    def step(self) -> Any:
        """Move the weights against their gradients."""

    @abstractmethod
    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients."""

    @abstractmethod
    def state_dict(self) -> dict[str, Any]:
        """What a checkpoint keeps of it."""

    @abstractmethod
    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on from what `state_dict` gave."""


@runtime_checkable
class Scheduler(Protocol):
    """A `torch.optim.lr_scheduler.LRScheduler`, stepped once after each step of the optimizer.

    Injected: `optimizer`, `total_steps` (of the run) and `steps_per_epoch`.
    """

    @abstractmethod
    def step(self) -> None:
        """Set the learning rates of the next step."""

    @abstractmethod
    def state_dict(self) -> dict[str, Any]:
        """What a checkpoint keeps of it."""

    @abstractmethod
    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on from what `state_dict` gave."""
