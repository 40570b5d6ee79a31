"""From pixels to what a network gives for them: for a batch, and for rows of a catalog.

Shape legend: B batch, S image size, N rows.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from fsim.functional.distances import unit
from fsim.images.normalise import Normalise
from fsim.images.preparation import Preparation
from fsim.interfaces import Distance, IntArray
from fsim.model.network import Network
from fsim.runtime.machine import Machine

BATCH_SIZE = 256


class Embedder(Protocol):
    """Embeds rows of a catalog."""

    def __call__(self, network: Network, rows: IntArray, names: Sequence[str]) -> dict[str, Tensor]:
        """Return outputs of a network by their names, in the order of the rows: {name: float32 [N, ...] on the CPU}."""
        ...


class PixelSource(Protocol):
    """Decoded images by their row in a catalog, as the image cache has them."""

    def gather(self, rows: IntArray) -> Tensor:
        """[B] -> uint8 [B, 3, S, S]."""
        ...


@dataclass(frozen=True)
class Forward:
    """Runs a network on a batch of pixels: normalises them on its device, and computes in the machine's precision.

    flip  whether each output is the mean of those of the image and of its mirror image; where embeddings are compared
          by cosine, of their directions
    """

    normalise: Normalise
    machine: Machine
    flip: bool = False

    @classmethod
    def from_preparation(cls, preparation: Preparation, machine: Machine, channels_last: bool = True) -> Forward:
        """Build what normalises and flips as a preparation says."""
        return cls(Normalise.from_preparation(preparation, channels_last), machine, preparation.flip)

    def __call__(self, network: Network, images: Tensor, names: Sequence[str]) -> dict[str, Tensor]:
        """uint8 [B, 3, S, S], or float32 of 0 to 255 -> {name: float32 [B, ...] on the CPU}. The network must be in
        evaluation mode."""
        with torch.inference_mode():
            normalised = self.normalise(images.to(self.machine.device))
            with self.machine.autocast():
                outputs = network(normalised)
                mirrored = network(normalised.flip(-1)) if self.flip else None
            if mirrored is not None:
                outputs = mean_with_mirrored(outputs, mirrored, network.distance)
            values = {name: outputs[name].float().cpu() for name in names}
        return {name: tensor.clone() for name, tensor in values.items()}  # tensors of inference mode allow no gradients


class LocalEmbedder:
    """An `Embedder` that runs the network in this process, in evaluation mode.

    Args:
        progress: called with (images done, all images).
    """

    def __init__(
        self,
        images: PixelSource,
        forward: Forward,
        progress: Callable[[int, int], None] = lambda done, total: None,
    ) -> None:
        self.images, self.forward, self.progress = images, forward, progress

    def __call__(self, network: Network, rows: IntArray, names: Sequence[str]) -> dict[str, Tensor]:
        network.eval()
        parts: dict[str, list[Tensor]] = {name: [] for name in names}
        for start in range(0, len(rows), BATCH_SIZE):
            images = self.images.gather(rows[start : start + BATCH_SIZE])
            for name, values in self.forward(network, images, names).items():
                parts[name].append(values)
            self.progress(min(start + BATCH_SIZE, len(rows)), len(rows))
        return {name: torch.cat(values) for name, values in parts.items()}


def mean_with_mirrored(
    outputs: dict[str, Tensor], mirrored: dict[str, Tensor], distance: Distance
) -> dict[str, Tensor]:
    """Return the mean of what a network gives for images and for their mirror images; of embeddings that are compared
    by cosine, the mean of their directions."""
    if distance == "cosine":
        outputs, mirrored = ({**each, "embedding": unit(each["embedding"])} for each in (outputs, mirrored))
    return {name: (outputs[name].float() + mirrored[name].float()) / 2 for name in outputs}
