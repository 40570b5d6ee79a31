"""Writes the checkpoints of a run: the state to go on from, and the best networks."""

from __future__ import annotations

import time
from dataclasses import asdict
from typing import Any

from fsim.recipe.schema import CheckpointSettings
from fsim.run.policy import BestEpoch, checkpoint_is_due, kept_epochs
from fsim.run.run_identity import RunIdentity
from fsim.store.checkpoint import CheckpointFolder
from fsim.store.run_folder import RunFolder
from fsim.training.state import TrainingState


class CheckpointWriter:
    """Writes what a run must not lose, as it stands when it is called; the only one that writes checkpoints.

    saved_step  the step up to which the state is saved
    """

    def __init__(
        self,
        folder: RunFolder,
        state: TrainingState,
        identity: RunIdentity,
        resolved_recipe: dict[str, Any],
        settings: CheckpointSettings,
    ) -> None:
        self.files = CheckpointFolder(folder)
        self.state, self.identity, self.resolved_recipe, self.settings = state, identity, resolved_recipe, settings
        self.saved_step = 0
        self._saved_at = time.monotonic()

    def save_last(self) -> None:
        """Save the whole state, to go on from here."""
        content = {
            **self.state.state_dict(),
            **self.identity.network,
            **self.identity.learned_from,
            "resolved": self.resolved_recipe,
        }
        self.files.save_last(content)
        epoch, position = divmod(self.state.step, self.state.steps_per_epoch)
        if position == 0:
            self.keep_epoch(epoch)
        self.saved_step, self._saved_at = self.state.step, time.monotonic()

    def save_if_due(self) -> None:
        """Within an epoch: save the state, after as many steps or minutes as the recipe says."""
        steps, seconds = self.state.step - self.saved_step, time.monotonic() - self._saved_at
        if checkpoint_is_due(steps, seconds, self.settings.every_steps, self.settings.every_minutes):
            self.save_last()

    def keep_epoch(self, epoch: int) -> None:
        """Keep the last state as that of an epoch's end, beside those of as many epochs before as the recipe says."""
        if self.settings.keep_last > 1:
            kept = kept_epochs([*self.files.saved_epochs(), epoch], self.settings.keep_last)
            self.files.keep_last(epoch, kept)

    def save_best(self, best: BestEpoch | None) -> None:
        """Save the network alone, as it was evaluated."""
        network = self._network(best)
        self.files.save_best(network, network["epoch"])

    def save_among_best(self, best: BestEpoch | None, ranking: list[int]) -> None:
        """Save the network where it is among as many best ones as the recipe keeps.

        Args:
            ranking: the evaluated epochs, the best first.
        """
        if self.settings.keep_best > 1:
            self.files.save_among_best(self._network(best), ranking[: self.settings.keep_best])

    def _network(self, best: BestEpoch | None) -> dict[str, Any]:
        return {
            "model": self.state.evaluated.state_dict(),
            "epoch": self.state.step // self.state.steps_per_epoch,
            "best": None if best is None else asdict(best),
            **self.identity.network,
        }
