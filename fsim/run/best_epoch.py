"""Which epoch's network is the best of a run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fsim.evaluation.evaluation import Evaluation
from fsim.functional.statistics.gain import gains, is_unknown
from fsim.recipe.schema import Recipe
from fsim.runtime.display import Display


class BestEpoch:
    """Chooses by the monitored metric of the monitored protocol; where there is none, the last epoch is the best.

    monitor         the metric, `<evaluator>/<metric>`, or None
    split           how the monitored protocol is called
    less_is_better  of the metric
    best            what was chosen: {epoch, split, monitor, value}; None before the first
    """

    def __init__(self, recipe: Recipe, evaluation: Evaluation, display: Display) -> None:
        self.monitor = _monitor(recipe, evaluation.monitored.query, display)
        self.split, self.display = evaluation.monitored.split, display
        self.best: dict[str, Any] | None = None
        self.less_is_better = self.monitor is not None and evaluation.direction(self.monitor) == "min"

    def take_up(self, best: dict[str, Any] | None) -> None:
        """Go on from what was chosen before; by another metric or split, it is chosen anew."""
        if best is not None and (best["monitor"], best["split"]) != (self.monitor, self.split):
            self.display.warn(f"the best epoch was chosen by {best['split']} {best['monitor']}, and is chosen anew now")
            best = None
        self.best = best

    def choose(self, epoch: int, value: float | None) -> bool:
        """Whether an epoch is the best so far, by its value of the metric."""
        before = None if self.monitor is None else self.best
        if before is not None and not gains(value, before["value"], self.less_is_better):
            return False
        self.best = {"epoch": epoch, "split": self.split, "monitor": self.monitor, "value": value}
        return True

    def ranking(self, lines: Sequence[dict[str, Any]], epoch: int, value: float | None) -> list[int]:
        """The epochs of metrics.jsonl that were evaluated, and this one, the best first; of equals the first."""
        found = {line["epoch"]: line["metrics"].get(self.monitor) for line in lines if line["split"] == self.split}
        found[epoch] = value
        if self.monitor is None:
            return sorted(found, reverse=True)
        sign = 1 if self.less_is_better else -1
        return sorted(found, key=lambda one: (is_unknown(found[one]), sign * (found[one] or 0.0), one))


def _monitor(recipe: Recipe, split: str, display: Display) -> str | None:
    """The metric that chooses; a split that results are reported on chooses only where the recipe names it."""
    monitor = recipe.evaluation.monitor
    if monitor is None or split in ("train", "val"):
        return monitor
    if not recipe.evaluation.protocols:
        display.warn(f"there is no split val, and {split} must not choose the best epoch: the last one counts")
        return None
    display.warn(f"the best epoch is chosen by its result on {split}: report the last epoch, or choose by a split val")
    return monitor
