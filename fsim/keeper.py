"""Keeps what a run must not lose: metrics, the state to go on from, and the best network."""

from __future__ import annotations

import math
from typing import Any

from fsim.catalog import EncodedCatalog
from fsim.checked_recipe import CheckedRecipe
from fsim.checkpoint import load_checkpoint, save_checkpoint
from fsim.display import Display, number, shown
from fsim.engine import Training
from fsim.evaluation import Evaluation
from fsim.run_folder import RunFolder


class Keeper:
    """Keeps what a run must not lose: metrics, the last state, and the best network."""

    def __init__(
        self,
        checked: CheckedRecipe,
        folder: RunFolder,
        training: Training,
        evaluation: Evaluation,
        catalog: EncodedCatalog,
        display: Display,
    ) -> None:
        self.recipe, self.folder = checked.recipe, folder
        self.training, self.evaluation, self.catalog, self.display = training, evaluation, catalog, display
        self.trackers = [part.build(folder=folder.path) for part in checked.each("trackers")]
        self.best: dict[str, Any] | None = None
        self.last_lines: list[dict[str, Any]] = []
        self.epochs_done = 0

    @property
    def finished(self) -> bool:
        """The last epoch is over, and evaluated."""
        return self.epochs_done == self.recipe.train.epochs

    def take_up(self) -> None:
        """Go on from the last checkpoint, and finish what its epoch still lacks."""
        if not self.folder.last.is_file():
            return
        state = load_checkpoint(self.folder.last)
        self.training.load_state(state)
        self.best = load_checkpoint(self.folder.best)["best"] if self.folder.best.is_file() else None
        epoch, position = divmod(self.training.step, self.training.steps_per_epoch)
        lines = [line for line in self.folder.read_metrics() if line["epoch"] <= epoch]
        self.folder.write_metrics(lines)
        self.last_lines = [line for line in lines if line["epoch"] == epoch and "protocol" in line]
        self.display.say(f"going on after epoch {epoch}, step {position}")
        if position == 0 and epoch and not self.last_lines and self._due(epoch):
            self._evaluate(epoch)
        self.epochs_done = epoch

    def end_epoch(self, rate: float) -> None:
        """After the last step of an epoch: the training line, the checkpoint, the evaluation."""
        training = self.training
        epoch = training.step // training.steps_per_epoch
        metrics = {**training.take_epoch_means(), "learning_rate": training.optimizer.param_groups[0]["lr"]}
        self.folder.append_metrics(
            [{"epoch": epoch, "split": "train", "metrics": metrics, "timings": {"images_per_second": rate}}]
        )
        self._track({f"train/{name}": value for name, value in {**metrics, "images_per_second": rate}.items()})
        self.save_last()
        text = f"epoch {epoch}/{self.recipe.train.epochs}  {shown(metrics)}  {rate:.0f} images/s"
        if self._due(epoch):
            self.display.say(text + "  " + self._evaluate(epoch))
        else:
            self.display.say(text)
        self.epochs_done = epoch

    def _due(self, epoch: int) -> bool:
        return epoch % self.recipe.evaluation.every == 0 or epoch == self.recipe.train.epochs

    def _evaluate(self, epoch: int) -> str:
        lines = self.evaluation(self.training.evaluated, epoch, at_end=epoch == self.recipe.train.epochs)
        self.last_lines = lines
        self.folder.append_metrics(lines)
        for line in lines:
            self._track({f"{line['split']}/{name}": value for name, value in line["metrics"].items()})
        return self._keep_best(lines[0]) if lines else ""

    def _keep_best(self, line: dict[str, Any]) -> str:
        monitor = self.recipe.evaluation.monitor
        value = None if monitor is None else line["metrics"][monitor]
        if monitor is None or self.best is None or self._better(monitor, value, self.best["value"]):
            self.best = {"epoch": line["epoch"], "split": line["split"], "monitor": monitor, "value": value}
            self.save_best()
        return "" if monitor is None else f"{line['split']} {monitor} {number(value)}"

    def _better(self, monitor: str, value: Any, best: Any) -> bool:
        if math.isnan(value) or math.isnan(best):
            return math.isnan(best) and not math.isnan(value)
        return bool(value > best if self.evaluation.direction(monitor) == "max" else value < best)

    def save_last(self) -> None:
        """The whole state, to go on from here."""
        save_checkpoint(self.folder.last, {**self.training.state(), **self._identity()})

    def save_best(self) -> None:
        """The network alone, as it was evaluated."""
        epoch = self.training.step // self.training.steps_per_epoch
        model = self.training.evaluated.state_dict()
        save_checkpoint(self.folder.best, {"model": model, "epoch": epoch, "best": self.best, **self._identity()})

    def _identity(self) -> dict[str, Any]:
        return {"recipe": self.recipe.name, "category_names": self.catalog.category_names}

    def _track(self, values: dict[str, float]) -> None:
        for tracker in self.trackers:
            tracker.log(self.training.step, values)

    def close(self) -> None:
        """Write out what the trackers hold."""
        for tracker in self.trackers:
            tracker.close()
