"""Every draw is a function of (seed, purpose, epoch, step, rank), so a run repeats itself and can resume anywhere."""

from __future__ import annotations

import zlib

import numpy as np
import torch


def generator(purpose: str, *key: int) -> np.random.Generator:
    """A NumPy generator for one purpose (`augmentation`, ...) at one place (seed, epoch, step, rank)."""
    return np.random.default_rng(np.random.SeedSequence([zlib.crc32(purpose.encode()), *key]))


def seed_torch(purpose: str, *key: int) -> None:
    """Set torch's global generators (dropout, initial weights) for one purpose at one place."""
    state = np.random.SeedSequence([zlib.crc32(purpose.encode()), *key]).generate_state(1, np.uint64)
    torch.manual_seed(int(state[0]))
