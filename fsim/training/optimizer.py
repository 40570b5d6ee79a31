"""Builds what moves the weights: the optimizer with its groups of weights, the scheduler and the moving average."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler
from torch.optim.swa_utils import AveragedModel

from fsim.errors import FsimError
from fsim.model.network import Network
from fsim.plugin.build import CheckedComponent
from fsim.training.losses import LossTerms
from fsim.training.weight_groups import parameter_groups


def build_optimizer(
    part: CheckedComponent, network: Network, losses: LossTerms, shares: Mapping[str, float]
) -> Optimizer:
    """Build the optimizer of all weights of the network and the losses, fused where torch offers that for the device.

    Args:
        shares: path of a part of the network, or of `losses` -> share of the learning rate.

    Raises:
        FsimError: a path matches no weight, or there is no rate to take a share of.
    """
    groups = parameter_groups({"": network, "losses": losses}, part.value("lr"), shares)
    if "fused" in part.parameters and part.value("fused") is None:
        try:  # one pass over the weights in place of ten, where torch has it for this device
            return part.with_values(fused=True).build(params=groups)  # type: ignore[no-any-return]
        except (RuntimeError, FsimError):
            pass
    return part.build(params=groups)  # type: ignore[no-any-return]


def build_scheduler(
    part: CheckedComponent, optimizer: Optimizer, total_steps: int, steps_per_epoch: int, shares: Mapping[str, float]
) -> LRScheduler:
    """Build the scheduler of the learning rates.

    Raises:
        FsimError: it gives all groups of weights the same rate, where the recipe wants shares.
    """
    scheduler: LRScheduler = part.build(optimizer=optimizer, total_steps=total_steps, steps_per_epoch=steps_per_epoch)
    rates = {group["lr"] for group in optimizer.param_groups}
    if shares and len(optimizer.param_groups) > 1 and len(rates) == 1 and rates != {0.0}:
        raise FsimError(
            f"the scheduler '{part.name}' gives all weights one learning rate, so that train.learning_rates would not "
            f"hold: take another, such as cosine, or leave them out"
        )
    return scheduler


def build_moving_average(network: Network, decay: float) -> AveragedModel:
    """Build the exponential moving average of all weights and buffers. The decay grows to its value over the first
    steps, so that the first, poor weights are soon forgotten."""

    def update(averages: Any, values: Any, count: Any) -> None:
        current_decay = min(decay, (1 + int(count)) / (10 + int(count)))
        for average, value in zip(averages, values, strict=True):
            if average.is_floating_point():
                average.lerp_(value, 1 - current_decay)
            else:
                average.copy_(value)

    return AveragedModel(network, multi_avg_fn=update, use_buffers=True)
