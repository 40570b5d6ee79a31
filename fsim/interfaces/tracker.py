"""Trackers: what shows the numbers of a run elsewhere, and images with their embeddings.

Shape legend: N images, D embedding, T pixels of a thumbnail.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from fsim.interfaces.arrays import Vectors


@dataclass(frozen=True)
class EmbeddedImages:
    """Embedded images of one split to be looked at, in catalog order."""

    split: str
    embedding: Vectors  # [N, D]
    names: Sequence[str]  # [N] the catalog's `image`
    categories: Sequence[str]  # [N] names; "" where unknown
    items: Sequence[str]  # [N] ids; "" where unknown
    thumbnails: npt.NDArray[np.uint8]  # [N, T, T, 3] as the network sees them, T at most 64 pixels


@runtime_checkable
class Tracker(Protocol):
    """Shows a run's numbers somewhere. Injected: `folder` (the run folder)."""

    max_images: int = 0  # optional: the most images that `show` takes; 0 for a tracker that shows none

    @abstractmethod
    def log(self, step: int, values: Mapping[str, float]) -> None:
        """Numbers by name, after so many optimizer steps."""
        ...

    @abstractmethod
    def close(self) -> None:
        """Write out what is pending. May be called again."""
        ...

    def show(self, step: int, images: EmbeddedImages) -> None:
        """Optional: show images, at most `max_images`. Called after the last evaluation with queries of the monitored
        protocol."""
