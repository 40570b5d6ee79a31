"""A learning rate that falls in steps, after an optional warm-up."""

from __future__ import annotations

from bisect import bisect_right
from typing import Annotated

from pydantic import Field
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LambdaLR


def multi_step(
    optimizer: Optimizer,
    total_steps: int,
    milestones: tuple[Annotated[float, Field(gt=0, lt=1)], ...] = (0.5, 0.75),
    gamma: Annotated[float, Field(gt=0, lt=1)] = 0.1,
    warmup: Annotated[float, Field(ge=0, lt=1)] = 0.0,
) -> LambdaLR:
    """The rate is multiplied by `gamma` at each milestone.

    Args:
        milestones: shares of the run, rising.
        gamma: factor at each milestone.
        warmup: share of the steps in which the rate rises in a line from near zero.
    """
    falls = sorted(milestone * total_steps for milestone in milestones)

    def factor(step: int) -> float:
        return min(1.0, (step + 1) / max(1.0, warmup * total_steps)) * gamma ** bisect_right(falls, step)

    return LambdaLR(optimizer, factor)
