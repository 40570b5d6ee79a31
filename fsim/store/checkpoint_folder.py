"""The checkpoints of a run: the state to go on from, the best network, and as many earlier ones as are kept.

`last.pt` and `best.pt` are always there; `best.safetensors` has the best network's weights alone, for other programs.
`epoch-0007.pt` is the state at the end of an epoch, `best-0007.pt` the network of one of the best epochs.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import safetensors.torch

from fsim.kit.files import replace_by_link, write_with
from fsim.store.checkpoint import save_checkpoint
from fsim.store.run_folder import RunFolder


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
