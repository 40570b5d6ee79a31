"""The last words of a process: why it ended, for the others, in the store of torchrun, which outlives it."""

from __future__ import annotations

import os
import time
from datetime import timedelta

from torch._C._distributed_c10d import PrefixStore, TCPStore  # torch.distributed has them, untyped

KEY = "fsim/last_words"
PATIENCE = 3.0  # seconds


def leave_last_words(rank: int, words: str) -> None:
    """Leave the reason why this process ends. Where that fails, the others learn from its broken connections that it
    ended, and no more."""
    try:
        _store().set(KEY, f"rank {rank}: {words}")
    except (RuntimeError, ValueError):
        return


def last_words() -> str | None:
    """Return what another process said before it ended; None where it said nothing."""
    try:
        store, until = _store(), time.monotonic() + PATIENCE
        while not store.check([KEY]):  # a process whose connection broke may be about to speak
            if time.monotonic() > until:
                return None
            time.sleep(0.1)
        return bytes(store.get(KEY)).decode("utf-8", errors="replace")
    except (RuntimeError, ValueError):
        return None


def _store() -> PrefixStore:
    prefix = f"fsim/{os.environ.get('TORCHELASTIC_RESTART_COUNT', '0')}"  # after a restart by torchrun, of that one
    store = TCPStore(
        os.environ["MASTER_ADDR"], int(os.environ["MASTER_PORT"]), is_master=False, timeout=timedelta(seconds=5)
    )
    return PrefixStore(prefix, store)
