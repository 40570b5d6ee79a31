"""TorchScript: one file for torch in Python and C++, without fsim."""

from __future__ import annotations

import io
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from fsim.export.pixel_network import PixelNetwork

if TYPE_CHECKING:
    from fsim.export.formats import Exported, Pixels
    from fsim.interfaces import Vectors

FILE = "model.pt"
PACKAGES = ()
TAKES_PIXELS = True


def model_bytes(network: PixelNetwork, example: Tensor) -> bytes:
    """Trace the network."""
    stream = io.BytesIO()
    with warnings.catch_warnings(), torch.inference_mode():
        warnings.simplefilter("ignore")  # torch calls it deprecated, and has nothing else that C++ reads on all systems
        traced = torch.jit.trace(network, (example,), strict=False)  # type: ignore[no-untyped-call]  # gives a dict
        torch.jit.save(traced, stream)
    return stream.getvalue()


def open_model(file: Path, network: PixelNetwork) -> Exported:
    """Load the file by torch alone."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        module = torch.jit.load(str(file), map_location="cpu")  # type: ignore[no-untyped-call]

    def run(images: Pixels) -> dict[str, Vectors]:
        with torch.inference_mode():
            return {name: values.numpy() for name, values in module(torch.from_numpy(images)).items()}

    return run
