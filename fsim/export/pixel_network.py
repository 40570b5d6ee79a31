"""A run's network as it is exported: from the pixels of a picture to what is indexed, in fp32."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from fsim.evaluation.embedding import mean_with_mirrored
from fsim.images.normalise import Normalise
from fsim.model.network import Network


class PixelNetwork(nn.Module):
    """uint8 [B, S, S, 3] -> normalised images -> network -> embedding [B, D], and logits [B, C] and [B, A] if any.

    Args:
        flip: whether each output is the mean of those of the image and of its mirror image, as in
            `fsim.evaluation.embedding`.
    """

    scale: Tensor
    shift: Tensor

    def __init__(self, network: Network, normalise: Normalise, flip: bool) -> None:
        super().__init__()
        self.network, self.flip = network, flip
        self.register_buffer("scale", normalise.scale.clone())  # [3]
        self.register_buffer("shift", normalise.shift.clone())
        gives: frozenset[str] = network.head.gives  # type: ignore[assignment]
        self.names = ["embedding", *sorted(gives - {"embedding"})]
        self.eval().requires_grad_(False)

    def forward(self, images: Tensor) -> dict[str, Tensor]:
        """uint8 [B, S, S, 3] -> {name: float32 [B, ...]}, in the order of `names`."""
        return self.outputs((self.shift + images.to(torch.float32) * self.scale).permute(0, 3, 1, 2))

    def outputs(self, normalised: Tensor) -> dict[str, Tensor]:
        """Normalised float32 [B, 3, S, S] -> the same."""
        outputs = self.network(normalised)
        if self.flip:
            outputs = mean_with_mirrored(outputs, self.network(normalised.flip(-1)), self.network.distance)
        return {name: outputs[name].float() for name in self.names}
