"""Joins the processes that torchrun started for one command."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import torch
import torch.distributed as dist

from fsim.errors import FsimError
from fsim.runtime.last_words import leave_last_words
from fsim.runtime.processes import ALONE, LostProcessError, Processes

JOINING = timedelta(minutes=10)  # until all are there
WAITING = timedelta(days=1)  # the others wait while rank 0 measures and writes; one that dies is noticed at once

_joined: list[Processes] = []  # the group that this process has joined


@contextmanager
def join_processes() -> Iterator[Processes]:
    """Join the processes that torchrun started (by its environment variables): over gloo, and where each has a GPU of
    its own, over NCCL. A process that torchrun did not start is alone; one that has joined gets the same group again.

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
