"""The processes that share a command: those that torchrun started, or this one alone."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor

from fsim.errors import FsimError
from fsim.runtime.last_words import last_words, leave_last_words

JOINING = timedelta(minutes=10)  # until all are there
WAITING = timedelta(days=1)  # the others wait while rank 0 measures and writes; one that dies is noticed at once
BUCKET = 1 << 25  # bytes of gradients that are added up at once


class LostProcessError(FsimError):
    """Another process of this command ended, and so must this one."""


@dataclass(frozen=True)
class Processes:
    """rank is 0 to size - 1; rank 0 speaks and writes. Tensors of the CPU go by `group`, those of a GPU by the default
    group."""

    rank: int = 0
    size: int = 1
    group: Any = None

    @property
    def first(self) -> bool:
        return self.rank == 0

    @property
    def command(self) -> str:
        """How fsim is started by as many processes."""
        return "fsim" if self.size == 1 else f"torchrun --nproc-per-node {self.size} -m fsim"

    def wait(self) -> None:
        """Until all are here."""
        if self.size > 1:
            with _told():
                dist.barrier(self.group)

    @contextmanager
    def first_first(self) -> Iterator[None]:
        """Rank 0 does what is within before the others do."""
        if not self.first:
            self.wait()
        yield
        if self.first:
            self.wait()

    def first_says(self, value: Any) -> Any:
        """Rank 0's value for all: plain data, that which JSON has."""
        if self.size == 1:
            return value
        text = bytearray(json.dumps(value).encode()) if self.first else bytearray()
        length = self.counts(len(text))[0]
        letters = torch.frombuffer(text, dtype=torch.uint8) if self.first else torch.empty(length, dtype=torch.uint8)
        with _told():
            dist.broadcast(letters, src=0, group=self.group)
        return json.loads(bytes(letters.numpy()))

    def refuse_difference(self, here: Mapping[str, int | str]) -> None:
        """Hold what must be the same in all processes against each other.

        Raises:
            FsimError: in all of them, where something differs.
        """
        if self.size == 1:
            return
        first = self.first_says(dict(here))
        other = next((name for name, value in here.items() if first[name] != value), None)
        told = f"rank {self.rank} has {here[other]}, and rank 0 {first[other]}" if other else ""
        if self.any(other is not None):
            raise FsimError(
                f"the processes do not learn from the same: {told or 'see what another one says'}"
                f"{f' ({other})' if other else ''}. Give them the same data, packages and recipe; a sampler must give "
                f"every rank as many batches"
            )

    def any(self, here: bool) -> bool:
        """Whether it holds in some process."""
        if self.size == 1:
            return here
        flag = torch.tensor([int(here)])
        with _told():
            dist.all_reduce(flag, dist.ReduceOp.MAX, self.group)
        return bool(flag)

    def gather(self, part: Tensor) -> list[Tensor]:
        """Every process's tensor [n, ...], of any n and otherwise alike, in the order of ranks; only rank 0 gets
        them, the others an empty list."""
        if self.size == 1:
            return [part]
        counts = self.counts(len(part))
        padded = _padded(part, max(counts))
        parts = [torch.zeros_like(padded) for _ in counts] if self.first else None
        with _told():
            dist.gather(padded, parts, group=self.group)
        return [one[:count] for one, count in zip(parts or [], counts, strict=False)]

    def all_gather(self, part: Tensor, counts: Sequence[int] | None = None) -> list[Tensor]:
        """As `gather`, and all get them.

        Args:
            counts: every process's n, where it is known.
        """
        if self.size == 1:
            return [part]
        counts = self.counts(len(part)) if counts is None else counts
        padded = _padded(part, max(counts))
        parts = [torch.empty_like(padded) for _ in counts]
        with _told():
            dist.all_gather(parts, padded, group=self._group_of(part))
        return [one[:count] for one, count in zip(parts, counts, strict=True)]

    def counts(self, count: int) -> list[int]:
        """Every process's number, in the order of ranks."""
        if self.size == 1:
            return [count]
        counts = [torch.zeros(1, dtype=torch.int64) for _ in range(self.size)]
        with _told():
            dist.all_gather(counts, torch.tensor([count]), group=self.group)
        return [int(one) for one in counts]

    def add_up(self, tensors: Sequence[Tensor]) -> None:
        """Put the sum over all processes into each tensor; they are of the same shapes in every process."""
        self._in_buckets(tensors, lambda flat: dist.all_reduce(flat, group=self._group_of(flat)))

    def average(self, tensors: Sequence[Tensor]) -> None:
        """Put the mean over all processes into each tensor."""
        if self.size == 1:
            return
        self.add_up(tensors)
        for tensor in tensors:
            tensor /= self.size

    def take_from_first(self, tensors: Sequence[Tensor]) -> None:
        """Put rank 0's values into each tensor."""
        self._in_buckets(tensors, lambda flat: dist.broadcast(flat, src=0, group=self._group_of(flat)))

    def _in_buckets(self, tensors: Sequence[Tensor], change: Callable[[Tensor], object]) -> None:
        """Let `change` change many tensors at once: a message for each takes longer."""
        if self.size == 1:
            return
        for bucket in _buckets(tensors):
            flat = torch.cat([tensor.reshape(-1) for tensor in bucket])
            with _told():
                change(flat)
            for tensor, changed in zip(bucket, torch.split(flat, [one.numel() for one in bucket]), strict=True):
                tensor.copy_(changed.view_as(tensor))

    def _group_of(self, tensor: Tensor) -> Any:
        return self.group if tensor.device.type == "cpu" else None


ALONE = Processes()
_joined: list[Processes] = []  # the one that this process is of, where it joined others


@contextmanager
def processes() -> Iterator[Processes]:
    """Join the processes that torchrun started (by its environment variables): over gloo, and where each has a GPU of
    its own, over NCCL. Once they have joined, the same again.

    Raises:
        FsimError: there are fewer GPUs than processes on this machine, or the others are not found.
        LostProcessError: another one ended.
    """
    size = int(os.environ.get("WORLD_SIZE", "1"))
    if size == 1 or _joined:
        yield _joined[-1] if _joined else ALONE
        return
    from ignite import distributed as idist

    backend = _backend()
    try:
        idist.initialize(backend, timeout=JOINING)
    except (RuntimeError, ValueError) as error:
        raise FsimError(f"the {size} processes did not find each other ({error}); start them by torchrun") from error
    rank = idist.get_rank()
    _joined.append(Processes(rank, size, dist.new_group(backend="gloo", timeout=WAITING)))
    try:
        yield _joined[-1]
    except LostProcessError:
        raise
    except BaseException as error:
        leave_last_words(rank, str(error) or type(error).__name__)
        raise
    else:
        idist.finalize()
    finally:
        _joined.clear()


def _backend() -> str:
    if not torch.cuda.is_available():
        return "gloo"
    here, gpus = int(os.environ.get("LOCAL_WORLD_SIZE", "1")), torch.cuda.device_count()
    if here > gpus:
        raise FsimError(f"{here} processes on a machine with {gpus} GPUs: start it by torchrun --nproc-per-node {gpus}")
    return "nccl"


@contextmanager
def _told() -> Iterator[None]:
    """Tell that another process is gone, and why, where it said so."""
    try:
        yield
    except RuntimeError as error:
        if not _is_of_transport(error):  # a loader's end, say, or our own fault
            raise
        words = last_words() or "it left no word, so it was killed, or its machine is gone"
        raise LostProcessError(
            f"another process of this command ended: {words}. Start it again by the same torchrun; a run that has a "
            f"checkpoint goes on by fsim resume"
        ) from error


def _is_of_transport(error: RuntimeError) -> bool:
    return isinstance(error, dist.DistError) or "gloo/" in str(error) or "onnection " in str(error)


def _padded(part: Tensor, length: int) -> Tensor:
    """[n, ...] -> [length, ...], zeros behind."""
    if len(part) == length:
        return part.contiguous()
    padded = torch.zeros(length, *part.shape[1:], dtype=part.dtype, device=part.device)
    padded[: len(part)] = part
    return padded


def _buckets(tensors: Sequence[Tensor]) -> Iterator[list[Tensor]]:
    """Tensors of one type on one device, up to `BUCKET` bytes together, or one that is larger."""
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
