"""What the processes of one command do together: wait, agree, gather tensors, add them up."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor

from fsim.errors import FsimError
from fsim.runtime.last_words import last_words

BUCKET = 1 << 25  # bytes of tensors that travel in one message


class LostProcessError(FsimError):
    """Another process of this command ended, and so must this one."""


@dataclass(frozen=True)
class Processes:
    """The processes that share a command, seen from one of them. Alone, each operation is what one process makes of it.

    rank   0 to size - 1; rank 0 speaks and writes
    group  by which tensors of the CPU travel; those of a GPU travel by the default group
    """

    rank: int = 0
    size: int = 1
    group: Any = None

    @property
    def is_rank0(self) -> bool:
        """Whether this is the process that speaks and writes."""
        return self.rank == 0

    @property
    def command(self) -> str:
        """How a user starts fsim with as many processes."""
        return "fsim" if self.size == 1 else f"torchrun --nproc-per-node {self.size} -m fsim"

    def wait(self) -> None:
        """Wait until all processes are here."""
        if self.size > 1:
            with _lost_process_explained():
                dist.barrier(self.group)

    @contextmanager
    def rank0_first(self) -> Iterator[None]:
        """Let rank 0 do what is within before the others do."""
        if not self.is_rank0:
            self.wait()
        yield
        if self.is_rank0:
            self.wait()

    def broadcast_from_rank0(self, value: Any) -> Any:
        """Return rank 0's value in every process: plain data, as JSON has it."""
        if self.size == 1:
            return value
        text = bytearray(json.dumps(value).encode()) if self.is_rank0 else bytearray()
        length = self.counts(len(text))[0]
        characters = (
            torch.frombuffer(text, dtype=torch.uint8) if self.is_rank0 else torch.empty(length, dtype=torch.uint8)
        )
        with _lost_process_explained():
            dist.broadcast(characters, src=0, group=self.group)
        return json.loads(bytes(characters.numpy()))

    def reject_differences(self, here: Mapping[str, int | str]) -> None:
        """Compare what must be the same in all processes.

        Raises:
            FsimError: in all of them, where something differs.
        """
        if self.size == 1:
            return
        rank0 = self.broadcast_from_rank0(dict(here))
        other = next((name for name, value in here.items() if rank0[name] != value), None)
        difference = f"rank {self.rank} has {here[other]}, and rank 0 {rank0[other]}" if other else ""
        if self.any(other is not None):
            raise FsimError(
                f"the processes do not learn from the same: {difference or 'see what another one says'}"
                f"{f' ({other})' if other else ''}. Give them the same data, packages and recipe; a sampler must give "
                f"every rank as many batches"
            )

    def any(self, here: bool) -> bool:
        """Return whether it holds in at least one process."""
        if self.size == 1:
            return here
        flag = torch.tensor([int(here)])
        with _lost_process_explained():
            dist.all_reduce(flag, dist.ReduceOp.MAX, self.group)
        return bool(flag)

    def gather(self, part: Tensor) -> list[Tensor]:
        """Return every process's tensor [n, ...] in the order of ranks; n may differ. Only rank 0 gets them, the others
        an empty list."""
        if self.size == 1:
            return [part]
        counts = self.counts(len(part))
        padded = _padded(part, max(counts))
        parts = [torch.zeros_like(padded) for _ in counts] if self.is_rank0 else None
        with _lost_process_explained():
            dist.gather(padded, parts, group=self.group)
        return [padded_part[:count] for padded_part, count in zip(parts or [], counts, strict=False)]

    def all_gather(self, part: Tensor, counts: Sequence[int] | None = None) -> list[Tensor]:
        """Return every process's tensor [n, ...] in the order of ranks, in every process.

        Args:
            counts: every process's n, where it is known.
        """
        if self.size == 1:
            return [part]
        counts = self.counts(len(part)) if counts is None else counts
        padded = _padded(part, max(counts))
        parts = [torch.empty_like(padded) for _ in counts]
        with _lost_process_explained():
            dist.all_gather(parts, padded, group=self._group_of(part))
        return [padded_part[:count] for padded_part, count in zip(parts, counts, strict=True)]

    def counts(self, count: int) -> list[int]:
        """Return every process's number, in the order of ranks."""
        if self.size == 1:
            return [count]
        counts = [torch.zeros(1, dtype=torch.int64) for _ in range(self.size)]
        with _lost_process_explained():
            dist.all_gather(counts, torch.tensor([count]), group=self.group)
        return [int(number) for number in counts]

    def sum_tensors(self, tensors: Sequence[Tensor]) -> None:
        """Put the sum over all processes into each tensor; their shapes are the same in every process."""
        self._in_buckets(tensors, lambda flat: dist.all_reduce(flat, group=self._group_of(flat)))

    def average_tensors(self, tensors: Sequence[Tensor]) -> None:
        """Put the mean over all processes into each tensor."""
        if self.size == 1:
            return
        self.sum_tensors(tensors)
        for tensor in tensors:
            tensor /= self.size

    def copy_from_rank0(self, tensors: Sequence[Tensor]) -> None:
        """Copy rank 0's values into each tensor."""
        self._in_buckets(tensors, lambda flat: dist.broadcast(flat, src=0, group=self._group_of(flat)))

    def _in_buckets(self, tensors: Sequence[Tensor], change: Callable[[Tensor], object]) -> None:
        """Let `change` change many tensors in one message: a message for each takes longer."""
        if self.size == 1:
            return
        for bucket in _buckets(tensors):
            flat = torch.cat([tensor.reshape(-1) for tensor in bucket])
            with _lost_process_explained():
                change(flat)
            for tensor, changed in zip(bucket, torch.split(flat, [tensor.numel() for tensor in bucket]), strict=True):
                tensor.copy_(changed.view_as(tensor))

    def _group_of(self, tensor: Tensor) -> Any:
        return self.group if tensor.device.type == "cpu" else None


ALONE = Processes()


@contextmanager
def _lost_process_explained() -> Iterator[None]:
    """Raise LostProcessError where another process is gone, with its last words if it left some."""
    try:
        yield
    except RuntimeError as error:
        if not _is_transport_error(error):  # the end of a data loader, for example, or our own fault
            raise
        words = last_words() or "it left no word, so it was killed, or its machine is gone"
        raise LostProcessError(
            f"another process of this command ended: {words}. Start it again by the same torchrun; a run that has a "
            f"checkpoint goes on by fsim resume"
        ) from error


def _is_transport_error(error: RuntimeError) -> bool:
    return isinstance(error, dist.DistError) or "gloo/" in str(error) or "onnection " in str(error)


def _padded(part: Tensor, length: int) -> Tensor:
    """[n, ...] -> [length, ...], zeros behind."""
    if len(part) == length:
        return part.contiguous()
    padded = torch.zeros(length, *part.shape[1:], dtype=part.dtype, device=part.device)
    padded[: len(part)] = part
    return padded


def _buckets(tensors: Sequence[Tensor]) -> Iterator[list[Tensor]]:
    """Split tensors into lists of one type on one device, of up to `BUCKET` bytes, or of one larger tensor."""
    alike: dict[object, list[Tensor]] = {}
    for tensor in tensors:
        alike.setdefault((tensor.dtype, tensor.device), []).append(tensor)
    for same in alike.values():
        bucket: list[Tensor] = []
        size = 0
        for tensor in same:
            bytes_ = tensor.numel() * tensor.element_size()
            if bucket and size + bytes_ > BUCKET:
                yield bucket
                bucket, size = [], 0
            bucket.append(tensor)
            size += bytes_
        yield bucket
