"""Weights of networks from files: state dicts, safetensors, and checkpoints of runs. Nothing in a file is run."""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import safetensors
import safetensors.torch
import torch
from torch import Tensor

from fsim.errors import FsimError

_AVERAGE = "module."  # what names of weights begin with in a moving average, which counts its updates too


def read_weights(file: Path) -> dict[str, Tensor]:
    """Read the weights of a network on the CPU, by their names.

    Args:
        file: `.safetensors`; a state dict saved by torch.save; or a checkpoint of a run, from which the weights that
            were evaluated are taken: their moving average where there is one. In a run the names of weights begin with
            the part that they are of: `backbone.`, `head.`, `text.`.

    Raises:
        FsimError: the file is missing or damaged, or holds something else.
    """
    if file.suffix == ".safetensors":
        try:
            return safetensors.torch.load_file(file)
        except (OSError, safetensors.SafetensorError) as error:
            raise FsimError(
                f"cannot read weights from {file}: {error}; name another file, or write it again"
            ) from error
    try:
        content = load_safely(file)
    except ValueError as error:
        raise FsimError(
            f"cannot read weights from {file}: {error}; give a state dict saved by torch.save, a .safetensors file, or "
            f"a checkpoint of a run"
        ) from error
    weights = evaluated_weights(content) if is_checkpoint(content) else content
    if not isinstance(weights, dict) or not all(isinstance(value, Tensor) for value in weights.values()):
        raise FsimError(
            f"{file} holds no state dict; give a file saved by torch.save(network.state_dict(), file), a .safetensors "
            f"file, or a checkpoint of a run"
        )
    return weights


def weights_of(part: str, weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return the weights of one part of a network, by their names in that part.

    Args:
        part: `backbone`, `backbone.network`, `head`, ...
    """
    prefix = f"{part}."
    return {name.removeprefix(prefix): value for name, value in weights.items() if name.startswith(prefix)}


def is_checkpoint(content: object) -> bool:
    """Return whether what stands in a file is the checkpoint of a run."""
    return isinstance(content, dict) and isinstance(content.get("model"), dict)


def evaluated_weights(checkpoint: Mapping[str, Any]) -> dict[str, Tensor]:
    """Return the weights of a checkpoint that were evaluated: their moving average where there is one.

    Raises:
        KeyError: the checkpoint has no weights.
    """
    weights: dict[str, Tensor] = checkpoint["model"]
    average = checkpoint.get("average")
    if average is None:
        return weights
    return {name.removeprefix(_AVERAGE): value for name, value in average.items() if name.startswith(_AVERAGE)}


def load_safely(file: Path) -> Any:
    """Load what torch.save wrote, on the CPU and without running any code from it.

    Raises:
        ValueError: the file is missing, damaged, or has more than tensors and plain values; the message is a line.
    """
    try:
        return torch.load(file, map_location="cpu", weights_only=True)
    except (OSError, RuntimeError, EOFError, ValueError, KeyError, pickle.UnpicklingError) as error:
        cause = str(error).strip().splitlines()
        raise ValueError(cause[0] if cause else type(error).__name__) from error
