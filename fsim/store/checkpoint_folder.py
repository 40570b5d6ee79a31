"""The checkpoints of a run: the state to go on from, the best network, and as many earlier ones as the recipe keeps.

`last.pt` and `best.pt` are there always; `best.safetensors` has the best network's weights alone, for other programs.
With `keep_last` or `keep_best` above 1, `epoch-0007.pt` is the state at the end of an epoch, `best-0007.pt` the network
of one of the best.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import safetensors.torch

from fsim.kit.files import replace_by_link, write_with
from fsim.recipe.schema import Checkpoints
from fsim.store.checkpoint import save_checkpoint
from fsim.store.run_folder import RunFolder


class CheckpointFolder:
    """Writes checkpoints, each whole or not at all, and removes those that are no longer kept."""

    def __init__(self, folder: RunFolder, kept: Checkpoints) -> None:
        self.folder, self.kept = folder, kept

    def save_last(self, state: Mapping[str, Any], ended: int | None) -> None:
        """The state to go on from; `ended`: the epoch at whose end it is."""
        save_checkpoint(self.folder.last, dict(state))
        if ended is not None:
            self.keep_last(ended)

    def keep_last(self, ended: int) -> None:
        """Keep the last state, at the end of that epoch, beside those of as many epochs before as the recipe says."""
        if self.kept.keep_last > 1:
            replace_by_link(self._file("epoch", ended), self.folder.last)
            self._keep("epoch", sorted(self._epochs("epoch"))[-self.kept.keep_last :])

    def save_best(self, network: Mapping[str, Any], epoch: int) -> None:
        """The best network so far, `model` its weights."""
        about = {"recipe": str(network["recipe"]), "epoch": str(epoch)}
        weights = {name: values.detach().cpu().contiguous().clone() for name, values in network["model"].items()}
        content = safetensors.torch.save(weights, about)
        write_with(self.folder.best.with_suffix(".safetensors"), lambda stream: stream.write(content))
        save_checkpoint(self.folder.best, dict(network))

    def save_among_best(self, network: Mapping[str, Any], ranking: list[int]) -> None:
        """A network that may be one of the best: `ranking` has the epochs evaluated so far, the best first, its own
        among them."""
        kept = ranking[: self.kept.keep_best]
        if network["epoch"] in kept:
            save_checkpoint(self._file("best", network["epoch"]), dict(network))
            self._keep("best", kept)

    def _file(self, sort: str, epoch: int) -> Path:
        return self.folder.checkpoints / f"{sort}-{epoch:04}.pt"

    def _epochs(self, sort: str) -> list[int]:
        found = [re.fullmatch(rf"{sort}-(\d+)", file.stem) for file in self.folder.checkpoints.glob(f"{sort}-*.pt")]
        return [int(match[1]) for match in found if match]

    def _keep(self, sort: str, epochs: list[int]) -> None:
        for epoch in set(self._epochs(sort)) - set(epochs):
            self._file(sort, epoch).unlink(missing_ok=True)
