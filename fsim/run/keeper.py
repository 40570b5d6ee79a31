"""Keeps what a run must not lose: metrics, the state to go on from, and the best network."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Any

from fsim.errors import FsimError
from fsim.evaluation.embed_in_parts import EmbedInParts
from fsim.evaluation.evaluation import Evaluated, Evaluation
from fsim.evaluation.per_query import write_per_query
from fsim.interfaces import Embedded
from fsim.kit.files import remove_leftovers
from fsim.run.best_epoch import BestEpoch
from fsim.run.collapse import alarms
from fsim.run.early_stopping import EarlyStopping
from fsim.run.projections import Projections
from fsim.run.run_identity import RunIdentity
from fsim.run.trackers import Trackers
from fsim.run.watched import Watched
from fsim.runtime.display import Display, number, shown
from fsim.store.checkpoint import load_checkpoint
from fsim.store.checkpoint_folder import CheckpointFolder
from fsim.store.run_folder import RunFolder
from fsim.training.prepared import Prepared

# Called after each evaluation, when all is kept; of the last one again where a run is taken up, because whoever watches
# may not have heard of it before a kill. What it raises ends the run.
Watch = Callable[[Watched], None]


class Keeper:
    """Keeps what a run must not lose: metrics, the last state, and the best network."""

    def __init__(
        self,
        prepared: Prepared,
        folder: RunFolder,
        evaluation: Evaluation,
        embedder: EmbedInParts,
        display: Display,
        watch: Watch | None = None,
    ) -> None:
        self.watch = watch
        checked = prepared.checked
        self.recipe, self.folder = checked.recipe, folder
        self.resolved = checked.resolved()
        self.checkpoints = CheckpointFolder(folder, checked.recipe.train.checkpoints)
        self.training, self.evaluation, self.embedder = prepared.training, evaluation, embedder
        self.catalog, self.display = prepared.catalog, display
        self.chooser = BestEpoch(checked.recipe, evaluation, display)
        self.early_stopping = EarlyStopping(checked.recipe.train.early_stopping, self.chooser)
        self.identity = RunIdentity(prepared, embedder.processes.size)
        self.trackers = Trackers(prepared, folder, display)
        self.projections = Projections(checked, prepared.catalog, prepared.images, folder, display)
        self.last_lines: list[dict[str, Any]] = []
        self.last_monitored: Evaluated | None = None  # where this session evaluated the last epoch
        self.epochs_done = 0
        self.stopped_early = False
        self.saved_step = 0  # how far the last checkpoint is
        self.saved_at = time.monotonic()

    @property
    def best(self) -> dict[str, Any] | None:
        """The best epoch so far, and by what (see `BestEpoch`)."""
        return self.chooser.best

    @property
    def finished(self) -> bool:
        """The last epoch is over, and evaluated; or one after which the run stopped early."""
        return self.epochs_done == self.recipe.train.epochs or self.stopped_early

    def take_up(self) -> None:
        """Go on from the last checkpoint, and finish what its epoch still lacks. What a kill left half is removed.

        Raises:
            FsimError: the checkpoint cannot be read, or what was learned from has changed since.
        """
        remove_leftovers(self.folder.path, without=("exports", "indexes"))  # which others write
        stops = False
        if self.folder.last.is_file():
            stops = self._take_up()
        else:
            self.folder.write_metrics([])
        self.embedder.processes.wait()  # the others take up what was found fit
        epoch, position = divmod(self.training.step, self.training.steps_per_epoch)
        if position == 0 and epoch and not self.last_lines:
            self.evaluate(f"epoch {epoch}/{self.recipe.train.epochs}")
            return
        if stops:
            self._stop_early(self.folder.read_metrics())
        self.embedder.release(self.finished)
        self._tell_watch()

    def _take_up(self) -> bool:
        """Load the last checkpoint, and bring the folder to its state; whether the run stopped early there."""
        state = load_checkpoint(self.folder.last)
        self.identity.hold_against(state)
        self.training.load_state(state)
        self.saved_step = self.training.step
        self.chooser.take_up(load_checkpoint(self.folder.best)["best"] if self.folder.best.is_file() else None)
        epoch, position = divmod(self.training.step, self.training.steps_per_epoch)
        lines = [line for line in self.folder.read_metrics() if line["epoch"] <= epoch]
        stops = position == 0 and self.early_stopping.ends(lines, epoch)
        ends = epoch == self.recipe.train.epochs or stops
        if epoch > self.recipe.train.epochs:
            raise FsimError(
                f"{epoch} epochs are done, and train.epochs is {self.recipe.train.epochs}: set it to {epoch} or more"
            )
        if not ends:  # these are of the end of the run, which was once another
            self.folder.remove_results_of_the_end()
        elif position == 0 and not self.folder.per_query("last").is_dir():  # an end that was not one
            lines = [line for line in lines if line["epoch"] < epoch or "protocol" not in line]
        self.folder.write_metrics(lines)
        self.last_lines = [line for line in lines if line["epoch"] == epoch and "protocol" in line]
        at_end = ends and self.last_lines and position == 0
        self.display.say(
            f"at its end after epoch {epoch}" if at_end else f"going on after epoch {epoch}, step {position}"
        )
        self.epochs_done = epoch
        if position == 0 and epoch:
            self.checkpoints.keep_last(epoch)
        return stops

    def end_epoch(self, rate: float, seconds: float) -> str:
        """After the last step of an epoch: the training line, with its images/s and the seconds that it took, and the
        checkpoint. What is to be said of it."""
        training = self.training
        epoch = training.step // training.steps_per_epoch
        metrics = {**training.take_epoch_means(), "learning_rate": training.optimizer.param_groups[0]["lr"]}
        signs = training.take_epoch_signs()
        timings = {"images_per_second": rate, "seconds": seconds}
        self.folder.append_metrics(
            [{"epoch": epoch, "split": "train", "metrics": metrics, "health": signs, "timings": timings}]
        )
        self.trackers.log("train/health", signs)
        self.trackers.log("train", {**metrics, "images_per_second": rate})
        self.save_last()
        return f"epoch {epoch}/{self.recipe.train.epochs}  {shown(metrics)}  {rate:.0f} images/s"

    def evaluate(self, said: str) -> None:
        """After the checkpoint of an epoch: measure the network if that is due, keep it if it is the best, and say so.

        The best network and the maps are written before the metrics: a kill between the two leaves an epoch without
        metrics, which is evaluated again when the run is taken up.
        """
        epoch = self.training.step // self.training.steps_per_epoch
        last = epoch == self.recipe.train.epochs
        if last or epoch % self.recipe.evaluation.every == 0:
            evaluated, last = self._measure(epoch, last)
            lines = [one.line for one in evaluated]
            for line in lines:
                line["monitor"] = self.chooser.monitor
            self._look_for_collapse(epoch, lines)
            monitored = [one for one in evaluated if one.protocol is self.evaluation.monitored]
            for one in monitored:
                self.projections(one, at_end=last)
                if last:
                    self.trackers.show(one)
                    self.last_monitored = one
            said += self._keep_best(epoch, evaluated)
            if last:
                write_per_query(self.folder.per_query("last"), self.catalog, evaluated)
            self.folder.append_metrics(lines)
            self.last_lines = lines
            for line in lines:
                self.trackers.log(line["split"], line["metrics"])
                self.trackers.log(f"{line['split']}/health", line["health"])
        self.display.say(said)
        self.epochs_done = epoch
        if last and epoch < self.recipe.train.epochs:
            self._stop_early(self.folder.read_metrics())
        self.embedder.release(self.finished)
        self._tell_watch()

    def _tell_watch(self) -> None:
        """Tell of the evaluation of the last epoch, where there was one."""
        line = next((line for line in self.last_lines if line["split"] == self.chooser.split), None)
        if self.watch is None or line is None or line["epoch"] != self.epochs_done:
            return
        value = None if self.chooser.monitor is None else line["metrics"][self.chooser.monitor]
        if value is None and self.chooser.monitor is not None:
            value = math.nan  # as metrics.jsonl has it
        images = self.identity.learned_from["training_images"]
        self.watch(Watched(self.epochs_done, value, self.finished, line["fingerprint"], images))

    def _measure(self, epoch: int, last: bool) -> tuple[list[Evaluated], bool]:
        """What is measured after an epoch, and whether the run ends there: the other protocols say whether those of
        the end are due."""
        evaluation, network = self.evaluation, self.training.evaluated
        embedded: dict[str, Embedded] = {}
        evaluated = evaluation.measure(
            network, epoch, [one for one in evaluation.protocols if not one.at_end], embedded
        )
        if last or self.early_stopping.ends([*self.folder.read_metrics(), *(one.line for one in evaluated)], epoch):
            last = True
            evaluated += evaluation.measure(
                network, epoch, [one for one in evaluation.protocols if one.at_end], embedded
            )
            evaluated = [one for protocol in evaluation.protocols for one in evaluated if one.protocol is protocol]
        return evaluated, last

    def _stop_early(self, lines: list[dict[str, Any]]) -> None:
        self.stopped_early = True
        self.display.say(self.early_stopping.told(lines))

    def _look_for_collapse(self, epoch: int, lines: list[dict[str, Any]]) -> None:
        """Put the alarms of an evaluation into its lines, and warn of them."""
        trained = [line for line in self.folder.read_metrics() if line["epoch"] == epoch and line["split"] == "train"]
        signs = trained[-1].get("health", {}) if trained else {}
        rate = self.recipe.train.optimizer.parameters.get("lr")
        warned = set()
        for line in lines:
            line["alarms"] = alarms(line["split"], line["health"], signs, self.training.step, rate)
            for alarm in line["alarms"]:
                if alarm["cause"] not in warned:
                    warned.add(alarm["cause"])
                    self.display.warn(f"epoch {epoch}: {alarm['cause']}. Remedy: {alarm['remedy']}")

    def _keep_best(self, epoch: int, evaluated: list[Evaluated]) -> str:
        """Keep the network if it is the best, or among as many best ones as are kept. What is to be said of it."""
        chooser = self.chooser
        monitored = next((one.line for one in evaluated if one.line["split"] == chooser.split), None)
        if monitored is None and chooser.monitor is not None:
            return ""
        value = None if monitored is None or chooser.monitor is None else monitored["metrics"][chooser.monitor]
        if chooser.choose(epoch, value):
            # Before the network: a kill between the two has this epoch evaluated again, and both written.
            write_per_query(self.folder.per_query("best"), self.catalog, evaluated)
            self.save_best()
        if self.recipe.train.checkpoints.keep_best > 1:
            lines = [line for line in self.folder.read_metrics() if "protocol" in line]
            self.checkpoints.save_among_best(self._network(), chooser.ranking(lines, epoch, value))
        return "" if chooser.monitor is None else f"  {chooser.split} {chooser.monitor} {number(value)}"

    def save_last(self) -> None:
        """The whole state, to go on from here."""
        state = {
            **self.training.state(),
            **self.identity.network,
            **self.identity.learned_from,
            "resolved": self.resolved,
        }
        epoch, position = divmod(self.training.step, self.training.steps_per_epoch)
        self.checkpoints.save_last(state, epoch if position == 0 else None)
        self.saved_step, self.saved_at = self.training.step, time.monotonic()

    def save_if_due(self) -> None:
        """Within an epoch: the state, after as many steps or minutes as the recipe says."""
        due = self.recipe.train.checkpoints
        steps, seconds = self.training.step - self.saved_step, time.monotonic() - self.saved_at
        if (due.every_steps and steps >= due.every_steps) or (due.every_minutes and seconds >= 60 * due.every_minutes):
            self.save_last()

    def save_best(self) -> None:
        """The network alone, as it was evaluated."""
        network = self._network()
        self.checkpoints.save_best(network, network["epoch"])

    def _network(self) -> dict[str, Any]:
        epoch = self.training.step // self.training.steps_per_epoch
        model = self.training.evaluated.state_dict()
        return {"model": model, "epoch": epoch, "best": self.best, **self.identity.network}

    def close(self) -> None:
        """Write out what the trackers hold."""
        self.trackers.close()
