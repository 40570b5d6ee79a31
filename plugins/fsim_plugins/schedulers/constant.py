"""A learning rate that stays, after an optional warm-up."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LambdaLR


def constant(optimizer: Optimizer, total_steps: int, warmup: Annotated[float, Field(ge=0, lt=1)] = 0.0) -> LambdaLR:
    """The optimizer's learning rate throughout.

    Args:
        warmup: share of the steps in which the rate rises in a line from near zero.
    """
    return LambdaLR(optimizer, lambda step: min(1.0, (step + 1) / max(1.0, warmup * total_steps)))
