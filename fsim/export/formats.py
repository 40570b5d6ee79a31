"""The formats that a network can be exported to; each is a module that has what `Format` names."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, cast

from fsim.errors import FsimError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    from torch import Tensor

    from fsim.export.pixel_network import PixelNetwork
    from fsim.interfaces import Vectors

    Pixels = npt.NDArray[np.uint8]
    Exported = Callable[[Pixels], Mapping[str, Vectors]]

FORMATS = {
    "onnx": "fsim.export.as_onnx",
    "torchscript": "fsim.export.as_torchscript",
    "safetensors": "fsim.export.as_safetensors",
}


class Format(Protocol):
    """How a network is written, and read again to be held against the run's.

    FILE               the name of its file
    PACKAGES           what it needs beside a plain installation of fsim, and the extra that brings them
    TAKES_PIXELS       whether the model takes pixels, with the normalisation inside
    """

    FILE: str
    PACKAGES: tuple[str, ...]
    TAKES_PIXELS: bool

    def model_bytes(self, network: PixelNetwork, example: Tensor) -> bytes:
        """Return the file, for batches of any size; `example` is uint8 [2, S, S, 3]."""
        ...

    def open_model(self, file: Path, network: PixelNetwork) -> Exported:
        """Read the written file as a function: uint8 [B, S, S, 3] -> {name: float32 [B, ...]}. Of `network` it takes
        what the file does not have, and no weight."""
        ...


def format_named(name: str) -> Format:
    """Load a format by its name.

    Raises:
        FsimError: a package that it needs is not installed.
    """
    model_format = cast(Format, import_module(FORMATS[name]))
    missing = [package for package in model_format.PACKAGES if find_spec(package) is None]
    if missing:
        raise FsimError(
            f"the format {name} needs the package{'s' * (len(missing) > 1)} {', '.join(missing)}: "
            f"pip install 'fsim[{name}]'"
        )
    return model_format
