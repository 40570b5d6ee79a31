"""The checkpoints of a run, written atomically and read without running any code from them.

`last.pt` and `best.pt` are always there; `best.safetensors` has the best network's weights alone, for other programs.
`epoch-0007.pt` is the state at the end of an epoch, `best-0007.pt` the network of one of the best epochs.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO, Any

import safetensors.torch
import torch
from torch import Tensor

from fsim.errors import FsimError
from fsim.kit.files import replace_by_link, write_with
from fsim.kit.weights import evaluated_weights, load_safely
from fsim.store.older_runs import upgrade_checkpoint
from fsim.store.run_folder import RunFolder

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


class CheckpointFolder:
    """Writes checkpoints, each whole or not at all, and removes those that are no longer kept."""

    def __init__(self, folder: RunFolder) -> None:
        self.folder = folder

    def save_last(self, state: Mapping[str, Any]) -> None:
        """Write the state to go on from."""
        save_checkpoint(self.folder.last, dict(state))

    def saved_epochs(self) -> list[int]:
        """Return the epochs whose state is kept beside the last one."""
        return self._epochs("epoch")

    def keep_last(self, epoch: int, kept: Collection[int]) -> None:
        """Keep the last state as that at the end of an epoch, and of the others those of the epochs `kept`."""
        replace_by_link(self._file("epoch", epoch), self.folder.last)
        self._keep("epoch", kept)

    def save_best(self, network: Mapping[str, Any], epoch: int) -> None:
        """Write the best network so far; `model` has its weights."""
        about = {"recipe": str(network["recipe"]), "epoch": str(epoch)}
        weights = {name: values.detach().cpu().contiguous().clone() for name, values in network["model"].items()}
        content = safetensors.torch.save(weights, about)
        write_with(self.folder.best.with_suffix(".safetensors"), lambda stream: stream.write(content))
        save_checkpoint(self.folder.best, dict(network))

    def save_among_best(self, network: Mapping[str, Any], kept: Collection[int]) -> None:
        """Write a network where its epoch is one of the best, `kept`, and remove those of other epochs."""
        if network["epoch"] in kept:
            save_checkpoint(self._file("best", network["epoch"]), dict(network))
            self._keep("best", kept)

    def _file(self, sort: str, epoch: int) -> Path:
        return self.folder.checkpoints / f"{sort}-{epoch:04}.pt"

    def _epochs(self, sort: str) -> list[int]:
        matches = [re.fullmatch(rf"{sort}-(\d+)", file.stem) for file in self.folder.checkpoints.glob(f"{sort}-*.pt")]
        return [int(match[1]) for match in matches if match]

    def _keep(self, sort: str, epochs: Collection[int]) -> None:
        for epoch in set(self._epochs(sort)) - set(epochs):
            self._file(sort, epoch).unlink(missing_ok=True)
