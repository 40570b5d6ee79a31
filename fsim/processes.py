"""The processes that share a command: those that torchrun started, or this one alone."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
import torch.distributed as dist
from torch import Tensor


@dataclass(frozen=True)
class Processes:
    """rank is 0 to size - 1; rank 0 speaks and writes."""

    rank: int
    size: int

    @property
    def first(self) -> bool:
        return self.rank == 0

    def wait(self) -> None:
        """Until all are here."""
        if self.size > 1:
            dist.barrier()

    def gather(self, part: Tensor) -> list[Tensor]:
        """Every process's tensor [n, ...], of any n and otherwise alike, in the order of ranks; only rank 0 gets
        them, the others an empty list."""
        if self.size == 1:
            return [part]
        counts = [torch.zeros(1, dtype=torch.int64) for _ in range(self.size)]
        dist.all_gather(counts, torch.tensor([len(part)]))
        longest = max(int(count) for count in counts)
        padded = torch.zeros(longest, *part.shape[1:], dtype=part.dtype)
        padded[: len(part)] = part
        parts = [torch.zeros_like(padded) for _ in range(self.size)] if self.first else None
        dist.gather(padded, parts)
        return [one[: int(count)] for one, count in zip(parts or [], counts, strict=False)]


@contextmanager
def processes() -> Iterator[Processes]:
    """Join the processes that torchrun started (by its environment variables), over gloo: tensors of the CPU."""
    size = int(os.environ.get("WORLD_SIZE", "1"))
    if size == 1:
        yield Processes(0, 1)
        return
    dist.init_process_group("gloo")
    try:
        yield Processes(dist.get_rank(), size)
    finally:
        dist.destroy_process_group()
