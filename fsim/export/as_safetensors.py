"""safetensors: the weights alone, for who builds the network by its recipe."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import TYPE_CHECKING

import safetensors.torch
import torch
from torch import Tensor

from fsim.export.pixel_network import PixelNetwork

if TYPE_CHECKING:
    from fsim.export.formats import Exported, Pixels
    from fsim.interfaces import Vectors

FILE = "model.safetensors"
PACKAGES = ()
TAKES_PIXELS = False


def content(network: PixelNetwork, example: Tensor) -> bytes:
    """Names and layout are those of the network's state_dict."""
    weights = {name: of.detach().contiguous().clone() for name, of in network.network.state_dict().items()}
    return safetensors.torch.save(weights)


def opened(file: Path, network: PixelNetwork) -> Exported:
    """Its weights in a network that has lost its own."""
    other = copy.deepcopy(network)
    with torch.no_grad():
        for values in other.network.state_dict().values():
            values.zero_()
    other.network.load_state_dict(safetensors.torch.load_file(file))

    def run(images: Pixels) -> dict[str, Vectors]:
        with torch.inference_mode():
            return {name: values.numpy() for name, values in other(torch.from_numpy(images)).items()}

    return run
