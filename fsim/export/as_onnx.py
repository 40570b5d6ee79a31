"""ONNX: for onnxruntime and all that reads it, without torch."""

from __future__ import annotations

import inspect
import io
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from fsim.export.pixel_network import PixelNetwork

if TYPE_CHECKING:
    from fsim.export.formats import Exported

FILE = "model.onnx"
PACKAGES = ("onnx", "onnxscript", "onnxruntime")
TAKES_PIXELS = True
BATCH = "batch"  # the name of the free dimension


def model_bytes(network: PixelNetwork, example: Tensor) -> bytes:
    """Export by what this version of torch takes by default: torch.export, or before 2.9 tracing."""
    with warnings.catch_warnings(), torch.inference_mode():
        warnings.simplefilter("ignore")  # of torch about its own parts
        return by_export(network, example) if _by_export_is_default() else by_tracing(network, example)


def _by_export_is_default() -> bool:
    dynamo = inspect.signature(torch.onnx.export).parameters.get("dynamo")
    return dynamo is not None and dynamo.default is True


def by_export(network: PixelNetwork, example: Tensor) -> bytes:
    program = torch.onnx.export(
        network,
        (example,),
        dynamo=True,
        dynamic_shapes={"images": {0: torch.export.Dim(BATCH)}},
        input_names=["images"],
        output_names=network.names,
        verbose=False,
    )
    assert program is not None
    model: bytes = program.model_proto.SerializeToString()
    return model


def by_tracing(network: PixelNetwork, example: Tensor) -> bytes:
    stream: Any = io.BytesIO()
    options: dict[str, Any] = {"dynamo": False} if "dynamo" in inspect.signature(torch.onnx.export).parameters else {}
    torch.onnx.export(
        network,
        (example,),
        stream,
        dynamic_axes={name: {0: BATCH} for name in ("images", *network.names)},
        input_names=["images"],
        output_names=network.names,
        **options,
    )
    model: bytes = stream.getvalue()
    return model


def open_model(file: Path, network: PixelNetwork) -> Exported:
    """Check the file by onnx, and run it by onnxruntime."""
    import onnx

    from fsim.export.onnx_network import session_of

    onnx.checker.check_model(file, full_check=True)
    session = session_of(file)
    return lambda images: dict(zip(network.names, session.run(network.names, {"images": images}), strict=True))
