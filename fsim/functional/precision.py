"""Distances and losses are computed in float32, also where the network runs in bfloat16 under autocast.

A bfloat16 has 8 bits of mantissa: the distance of two near embeddings would drown in rounding. Casting the
inputs is not enough, because autocast casts the operands of every matrix product down again.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext

import torch
from torch import Tensor


def at_least_float32(tensor: Tensor) -> Tensor:
    """The tensor in float32; float64 stays float64."""
    return tensor.to(torch.promote_types(tensor.dtype, torch.float32))


def no_autocast(device: torch.device) -> AbstractContextManager[object]:
    """A context in which operations on `device` keep the type of their operands."""
    if not torch.amp.is_autocast_available(device.type):
        return nullcontext()
    return torch.autocast(device.type, enabled=False)
