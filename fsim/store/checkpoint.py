"""Checkpoints: written atomically, read without running any code from them."""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import IO, Any

import torch
from torch import Tensor

from fsim.errors import FsimError
from fsim.kit.files import write_with

FORMAT = 1


def save_checkpoint(file: Path, content: dict[str, Any]) -> None:
    """Write a dict of tensors and plain values; the weights stand under `model`."""
    write_with(file, partial(_write, {"format": FORMAT, **content}))


def _write(content: dict[str, Any], stream: IO[bytes]) -> None:
    try:
        torch.save(content, stream)
    except RuntimeError as error:  # of torch, which then finds that the file is shorter than what it wrote
        if isinstance(error.__context__, OSError):
            raise error.__context__ from None
        raise


def load_checkpoint(file: Path) -> dict[str, Any]:
    """Read a checkpoint on the CPU (`weights_only=True`).

    Raises:
        FsimError: it is missing, damaged, or of another format.
    """
    try:
        content = torch.load(file, map_location="cpu", weights_only=True)
    except (OSError, RuntimeError, EOFError, ValueError, KeyError, pickle.UnpicklingError) as error:
        cause = str(error).strip().splitlines()
        raise FsimError(
            f"cannot read the checkpoint {file}: {cause[0] if cause else type(error).__name__}; use another checkpoint "
            f"of the run, or start the run anew"
        ) from error
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise FsimError(
            f"{file} is not a checkpoint of this version of fsim (format {FORMAT}); use the fsim that wrote it"
        )
    return content


def evaluated_weights(content: Mapping[str, Any]) -> dict[str, Tensor]:
    """The weights that were evaluated: their moving average where there is one.

    Raises:
        KeyError: the checkpoint has none.
    """
    weights: dict[str, Tensor] = content["model"]
    average = content.get("average")
    if average is None:
        return weights
    prefix = "module."
    return {name[len(prefix) :]: values for name, values in average.items() if name.startswith(prefix)}


def epochs_trained(content: Mapping[str, Any]) -> float:
    """How many epochs the weights were trained for; 2.4 is within the third.

    Raises:
        KeyError: the checkpoint does not say.
    """
    if "epoch" in content:
        epoch: float = content["epoch"]  # an int after a whole epoch, as metrics.jsonl has it
        return epoch
    step: int = content["step"]
    whole, position = divmod(step, content["steps_per_epoch"])
    return float(round(step / content["steps_per_epoch"], 4)) if position else whole
