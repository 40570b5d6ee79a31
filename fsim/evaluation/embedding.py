"""What a network gives for rows of a catalog."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

import torch
from torch import Tensor

from fsim.functional.distances import unit
from fsim.images.normalise import Normalise
from fsim.interfaces import Distance, IntArray
from fsim.model.network import Network
from fsim.runtime.machine import Machine

BATCH_SIZE = 256


class Embedder(Protocol):
    """A network's outputs of catalog rows, in their order: {name: float32 [N, ...] on the CPU}."""

    def __call__(self, network: Network, rows: IntArray, names: Sequence[str]) -> dict[str, Tensor]: ...


class Gathered(Protocol):
    """Decoded images, as the cache has them."""

    def gather(self, rows: IntArray) -> Tensor:
        """[B] -> uint8 [B, 3, S, S]."""
        ...


class Embed:
    """An `Embedder` that asks the network, in evaluation mode.

    Args:
        flip: whether each output is the mean of those of the image and of its mirror image; where embeddings are
            compared by cosine, of their directions.
        progress: called with (images done, all images).
    """

    def __init__(
        self,
        images: Gathered,
        normalise: Normalise,
        machine: Machine,
        flip: bool = False,
        progress: Callable[[int, int], None] = lambda done, total: None,
    ) -> None:
        self.images, self.normalise, self.machine, self.flip, self.progress = images, normalise, machine, flip, progress

    def __call__(self, network: Network, rows: IntArray, names: Sequence[str]) -> dict[str, Tensor]:
        network.eval()
        parts: dict[str, list[Tensor]] = {name: [] for name in names}
        with torch.inference_mode():
            for start in range(0, len(rows), BATCH_SIZE):
                images = self.normalise(self.images.gather(rows[start : start + BATCH_SIZE])).to(self.machine.device)
                outputs = self._outputs(network, images)
                for name, some in parts.items():
                    some.append(outputs[name].float().cpu())
                self.progress(min(start + BATCH_SIZE, len(rows)), len(rows))
        return {name: torch.cat(some).clone() for name, some in parts.items()}

    def _outputs(self, network: Network, images: Tensor) -> dict[str, Tensor]:
        with self.machine.autocast():
            outputs = network(images)
            if not self.flip:
                return outputs
            mirrored = network(images.flip(-1))
        return mean_with_mirrored(outputs, mirrored, network.distance)


def mean_with_mirrored(
    outputs: dict[str, Tensor], mirrored: dict[str, Tensor], distance: Distance
) -> dict[str, Tensor]:
    """The mean of what a network gives for images and for their mirror images; of embeddings that are compared by
    cosine, that of their directions."""
    if distance == "cosine":
        outputs, mirrored = ({**one, "embedding": unit(one["embedding"])} for one in (outputs, mirrored))
    return {name: (outputs[name].float() + mirrored[name].float()) / 2 for name in outputs}
