"""Half a cosine from the learning rate down to its end, after an optional warm-up."""

from __future__ import annotations

import math
from typing import Annotated

from pydantic import Field
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LambdaLR


def cosine(
    optimizer: Optimizer,
    total_steps: int,
    warmup: Annotated[float, Field(ge=0, lt=1)] = 0.05,
    final: Annotated[float, Field(ge=0, le=1)] = 0.0,
) -> LambdaLR:
    """Cosine annealing without restarts (Loshchilov & Hutter 2017, "SGDR", eq. 5), one cycle over the whole run.

    Args:
        warmup: share of the steps in which the rate rises in a line from near zero.
        final: the last learning rate, as a share of the optimizer's.
    """
    rising = warmup * total_steps

    def factor(step: int) -> float:
        if step < rising:
            return (step + 1) / (rising + 1)
        done = min(1.0, (step - rising) / max(1.0, total_steps - rising))
        return final + (1 - final) * 0.5 * (1 + math.cos(math.pi * done))

    return LambdaLR(optimizer, factor)
