"""Every draw is a function of (seed, purpose, epoch, step, rank), so a run repeats itself and can resume anywhere.

`fsim.functional.draws.keyed_generator` does this for NumPy; here is the same for torch.
"""

from __future__ import annotations

import torch

from fsim.functional.draws import keyed_generator


def seed_torch(seed: int, purpose: str, *key: int) -> None:
    """Seed torch's global generators (dropout, initial weights) for one purpose at one place."""
    torch.manual_seed(int(keyed_generator(seed, purpose, *key).integers(2**63)))
