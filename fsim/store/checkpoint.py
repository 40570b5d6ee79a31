"""Checkpoints: written atomically, and read without running any code from them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO, Any

import torch
from torch import Tensor

from fsim.errors import FsimError
from fsim.kit.files import write_with
from fsim.kit.weights import evaluated_weights, load_safely
from fsim.store.older_runs import upgrade_checkpoint

FORMAT = 1


@dataclass(frozen=True)
class Checkpoint:
    """What a file of `checkpoints/` holds: tensors and plain values, by name.

    All of them have the network's weights (`model`) and what the network is built by: `category_names`,
    `num_attributes`, `vocabulary`, and the name of the `recipe`.

    `last.pt` and `epoch-0007.pt` have the rest of the training too: `losses`, `optimizer`, `scheduler`, `scaler`,
    `average` (the moving average of the weights), `step`, `sums` and `signs` of the losses; what it learns from:
    `training_images`, `captions`, `steps_per_epoch`, `processes`; and the recipe with every default, `resolved`.

    `best.pt` and `best-0007.pt` have the weights that were evaluated, the `epoch`, and `best`: the best epoch at that
    moment, and by what it was chosen.
    """

    content: Mapping[str, Any]

    @property
    def weights(self) -> dict[str, Tensor]:
        """The weights that were evaluated: their moving average where there is one."""
        return evaluated_weights(self.content)

    @property
    def category_names(self) -> list[str]:
        """The categories that the logits are of."""
        return list(self.content["category_names"])

    @property
    def num_attributes(self) -> int:
        return int(self.content["num_attributes"])

    @property
    def vocabulary(self) -> list[str] | None:
        """The words that the network learned; None where it learned none."""
        vocabulary: list[str] | None = self.content["vocabulary"]
        return vocabulary

    @property
    def epochs_trained(self) -> float:
        """How many epochs the weights were trained for; 2.4 is within the third.

        Raises:
            KeyError: the checkpoint does not say.
        """
        if "epoch" in self.content:
            epoch: float = self.content["epoch"]  # an int after a whole epoch, as metrics.jsonl has it
            return epoch
        step, steps_per_epoch = int(self.content["step"]), int(self.content["steps_per_epoch"])
        whole, position = divmod(step, steps_per_epoch)
        return float(round(step / steps_per_epoch, 4)) if position else whole

    @property
    def best(self) -> Mapping[str, Any] | None:
        """The best epoch, and by what it was chosen: `epoch`, `split`, `monitor`, `value`."""
        best: Mapping[str, Any] | None = self.content["best"]
        return best

    @property
    def resolved(self) -> Mapping[str, Any] | None:
        """The recipe that the run went by, with every default; None where that is not known."""
        resolved: Mapping[str, Any] | None = self.content["resolved"]
        return resolved


def save_checkpoint(file: Path, content: Mapping[str, Any]) -> None:
    """Write tensors and plain values; the weights stand under `model`."""
    write_with(file, partial(_write, {"format": FORMAT, **content}))


def _write(content: Mapping[str, Any], stream: IO[bytes]) -> None:
    try:
        torch.save(content, stream)
    except RuntimeError as error:  # of torch, which then finds that the file is shorter than what it wrote
        if isinstance(error.__context__, OSError):
            raise error.__context__ from None
        raise


def load_checkpoint(file: Path) -> Checkpoint:
    """Read a checkpoint on the CPU.

    Raises:
        FsimError: it is missing, damaged, or of another format.
    """
    try:
        content = load_safely(file)
    except ValueError as error:
        raise FsimError(
            f"cannot read the checkpoint {file}: {error}; use another checkpoint of the run, or start the run anew"
        ) from error
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise FsimError(
            f"{file} is not a checkpoint of this version of fsim (format {FORMAT}); use the fsim that wrote it"
        )
    return Checkpoint(upgrade_checkpoint(content))
