"""Whether a run ends before its last epoch, because its network no longer gains."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fsim.errors import FsimError
from fsim.functional.statistics.gain import since_gain
from fsim.recipe.schema import EarlyStoppingSettings
from fsim.run.best_epoch import BestEpoch

Lines = Sequence[Mapping[str, Any]]


class EarlyStopping:
    """Ends a run after `patience` evaluations in a row that gain no more than `min_delta` over the last that did.

    It remembers nothing: metrics.jsonl has all values, so that a run which is taken up stops where it would have.

    Raises:
        FsimError: no metric chooses the best epoch, so that none tells whether the network gains.
    """

    def __init__(self, settings: EarlyStoppingSettings | None, chooser: BestEpoch) -> None:
        self.settings, self.chooser = settings, chooser
        if settings is not None and chooser.monitor is None:
            raise FsimError(
                f"train.early_stopping: {chooser.split} must not choose the epoch at which the run stops; give the "
                f"data a split val, name the split in evaluation.protocols, or remove early_stopping"
            )

    def ends(self, lines: Lines, epoch: int) -> bool:
        """Whether a run ends after an epoch, by the lines of metrics.jsonl up to it; where it was not evaluated, no."""
        if self.settings is None:
            return False
        values = self._values(lines)
        return epoch in values and self._since_gain(values) >= self.settings.patience

    def told(self, lines: Lines) -> str:
        """Why it ended after the last epoch of these lines."""
        assert self.settings is not None, "it ends no run"
        values, chooser = self._values(lines), self.chooser
        gained = list(values)[-1 - self._since_gain(values)]
        more = f" by more than {self.settings.min_delta:g}" if self.settings.min_delta else ""
        return (
            f"stopped early after epoch {max(values)}: {chooser.split} {chooser.monitor} has not gained{more} since "
            f"epoch {gained} (train.early_stopping.patience={self.settings.patience})"
        )

    def _values(self, lines: Lines) -> dict[int, float | None]:
        """{epoch: the monitored metric}, in order."""
        evaluations = [line for line in lines if "protocol" in line and line["split"] == self.chooser.split]
        return {line["epoch"]: line["metrics"].get(self.chooser.monitor) for line in evaluations}

    def _since_gain(self, values: Mapping[int, float | None]) -> int:
        assert self.settings is not None, "it is asked where it may end a run"
        return since_gain(list(values.values()), self.chooser.less_is_better, self.settings.min_delta)
