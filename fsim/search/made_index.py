"""An index by its name and parameters. Nothing here imports torch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fsim.interfaces import Index
from fsim.plugin.build import build


def make_index(name: str, parameters: Mapping[str, Any], threads: int = 1, seed: int = 0) -> Index:
    """Return an index of that name, not yet filled.

    Raises:
        FsimError: there is none, its package is missing, or it refuses the parameters.
    """
    index: Index = build("index", name, parameters, seed=seed, threads=threads)
    return index
