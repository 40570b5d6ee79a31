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


def model_bytes(network: PixelNetwork, example: Tensor) -> bytes:
    """Return the weights under the names, and in the layout, of the network's state_dict."""
    state = network.network.state_dict()
    weights = {name: values.detach().contiguous().clone() for name, values in state.items()}
    return safetensors.torch.save(weights)


def open_model(file: Path, network: PixelNetwork) -> Exported:
    """Load the weights into a copy of the network that has lost its own."""
    other = copy.deepcopy(network)
    with torch.no_grad():
        for values in other.network.state_dict().values():
            values.zero_()
    other.network.load_state_dict(safetensors.torch.load_file(file))

    def run(images: Pixels) -> dict[str, Vectors]:
        with torch.inference_mode():
            return {name: values.numpy() for name, values in other(torch.from_numpy(images)).items()}

    return run
