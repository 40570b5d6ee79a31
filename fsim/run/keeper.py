"""Keeps what a run must not lose: metrics, the state to go on from, and the best network."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from typing import Any

from fsim.errors import FsimError
from fsim.evaluation.evaluation import Evaluation
from fsim.evaluation.parallel_embedder import ParallelEmbedder
from fsim.evaluation.protocol_result import ProtocolResult
from fsim.evaluation.result_tables import write_per_query
from fsim.interfaces import Embedded
from fsim.kit.files import remove_leftovers
from fsim.run.collapse import alarms
from fsim.run.policy import (
    BestEpoch,
    Choice,
    Lines,
    Patience,
    best_epoch,
    checkpoint_is_due,
    evaluation_is_due,
    kept_epochs,
    last_gain,
    monitored_metric,
    monitored_protocol,
    ranking,
    run_ends,
    stops_early,
)
from fsim.run.projections import Projections
from fsim.run.run_identity import RunIdentity
from fsim.run.trackers import Trackers
from fsim.run.watched import Watched
from fsim.runtime.display import Display, number, shown
from fsim.store.checkpoint import load_checkpoint
from fsim.store.checkpoint_folder import CheckpointFolder
from fsim.store.metric_lines import Alarm, EvaluationLine, TrainingLine
from fsim.store.run_folder import RunFolder
from fsim.training.build import Training

# Called after each evaluation, when all is kept; of the last one again where a run is taken up, because whoever watches
# may not have heard of it before a kill. What it raises ends the run.
Watch = Callable[[Watched], None]


class Keeper:
    """Keeps what a run must not lose: metrics, the last state, and the best network."""

    def __init__(
        self,
        training: Training,
        folder: RunFolder,
        evaluation: Evaluation,
        embedder: ParallelEmbedder,
        display: Display,
        watch: Watch | None = None,
    ) -> None:
        self.watch = watch
        checked = training.checked
        self.recipe, self.folder = checked.recipe, folder
        self.resolved = checked.resolved()
        self.checkpoints = CheckpointFolder(folder)
        self.state, self.evaluation, self.embedder = training.state, evaluation, embedder
        self.catalog, self.display = training.catalog, display
        self.monitored = monitored_protocol(evaluation.protocols)
        self.choice = self._choice()
        stopping = checked.recipe.train.early_stopping
        self.patience = None if stopping is None else Patience(stopping.patience, stopping.min_delta)
        if self.patience is not None and self.choice.metric is None:
            raise FsimError(
                f"train.early_stopping: {self.choice.split} must not choose the epoch at which the run stops; give the "
                f"data a split val, name the split in evaluation.protocols, or remove early_stopping"
            )
        self.best: BestEpoch | None = None
        self.identity = RunIdentity(training, embedder.processes.size)
        self.learning_rate = checked["train.optimizer"].value("lr")
        self.trackers = Trackers(training, folder, display)
        self.projections = Projections(checked, training.catalog, training.images, folder, display)
        self.last_lines: list[EvaluationLine] = []
        self.last_monitored: ProtocolResult | None = None  # where this session evaluated the last epoch
        self.epochs_done = 0
        self.stopped_early = False
        self.saved_step = 0  # how far the last checkpoint is
        self.saved_at = time.monotonic()

    def _choice(self) -> Choice:
        """By what the best epoch is chosen; a test split that chooses it, or that may not, is warned of."""
        settings, query = self.recipe.evaluation, self.monitored.query
        metric = monitored_metric(settings.monitor, query, bool(settings.protocols))
        if settings.monitor is not None and metric is None:
            self.display.warn(f"there is no split val, and {query} must not choose the best epoch: the last one counts")
        elif metric is not None and query not in ("train", "val"):
            self.display.warn(
                f"the best epoch is chosen by its result on {query}: report the last epoch, or choose by a split val"
            )
        less_is_better = metric is not None and self.evaluation.direction(metric) == "min"
        return Choice(self.monitored.split, metric, less_is_better)

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
            self.folder.keep_metric_lines(lambda line: False)
        self.embedder.processes.wait()  # the others take up what was found fit
        epoch, position = divmod(self.state.step, self.state.steps_per_epoch)
        if position == 0 and epoch and not self.last_lines:
            self.evaluate(f"epoch {epoch}/{self.recipe.train.epochs}")
            return
        if stops:
            self._stop_early(self.folder.evaluation_lines())
        self.embedder.release(self.finished)
        self._tell_watch()

    def _take_up(self) -> bool:
        """Load the last checkpoint, and bring the folder to its state; whether the run stopped early there."""
        checkpoint = load_checkpoint(self.folder.last)
        self.identity.hold_against(checkpoint)
        self.state.load_state_dict(checkpoint.content)
        self.saved_step = self.state.step
        epoch, position = divmod(self.state.step, self.state.steps_per_epoch)
        lines = [line for line in self.folder.evaluation_lines() if line.epoch <= epoch]
        stops = position == 0 and stops_early(lines, epoch, self.choice, self.patience)
        ends = epoch == self.recipe.train.epochs or stops
        if epoch > self.recipe.train.epochs:
            raise FsimError(
                f"{epoch} epochs are done, and train.epochs is {self.recipe.train.epochs}: set it to {epoch} or more"
            )
        if not ends:  # these are of the end of the run, which was once another
            self.folder.remove_results_of_the_end()
        elif position == 0 and not self.folder.per_query("last").is_dir():  # an end that was not one
            lines = [line for line in lines if line.epoch < epoch]
        evaluated = max((line.epoch for line in lines), default=0)
        self.folder.keep_metric_lines(
            lambda line: line.epoch <= (epoch if isinstance(line, TrainingLine) else evaluated)
        )
        self._resume_choice(epoch)
        self.best = best_epoch(lines, self.choice)
        self.last_lines = [line for line in lines if line.epoch == epoch]
        at_end = ends and self.last_lines and position == 0
        self.display.say(
            f"at its end after epoch {epoch}" if at_end else f"going on after epoch {epoch}, step {position}"
        )
        self.epochs_done = epoch
        if position == 0 and epoch:
            self._keep_epoch(epoch)
        return stops

    def _resume_choice(self, epoch: int) -> None:
        """Go on from the best network that the run chose; by another metric or protocol, it is chosen anew."""
        best = load_checkpoint(self.folder.best).best if self.folder.best.is_file() else None
        if best is None:
            return
        if (best["monitor"], best["split"]) == (self.choice.metric, self.choice.split):
            self.choice = replace(self.choice, since=best["epoch"])
            return
        self.display.warn(f"the best epoch was chosen by {best['split']} {best['monitor']}, and is chosen anew now")
        self.choice = replace(self.choice, since=epoch + 1)

    def end_epoch(self, rate: float, seconds: float) -> str:
        """After the last step of an epoch: the training line, with its images/s and the seconds that it took, and the
        checkpoint. What is to be said of it."""
        state = self.state
        epoch = state.step // state.steps_per_epoch
        metrics = {**state.take_epoch_means(), "learning_rate": state.optimizer.param_groups[0]["lr"]}
        signs = state.take_epoch_signs()
        timings = {"images_per_second": rate, "seconds": seconds}
        self.folder.append_metric_lines([TrainingLine(epoch, metrics, signs, timings)])
        self.trackers.log("train/health", signs)
        self.trackers.log("train", {**metrics, "images_per_second": rate})
        self.save_last()
        return f"epoch {epoch}/{self.recipe.train.epochs}  {shown(metrics)}  {rate:.0f} images/s"

    def evaluate(self, said: str) -> None:
        """After the checkpoint of an epoch: measure the network if that is due, keep it if it is the best, and say so.

        The best network and the maps are written before the metrics: a kill between the two leaves an epoch without
        metrics, which is evaluated again when the run is taken up.
        """
        epoch = self.state.step // self.state.steps_per_epoch
        last = False
        if evaluation_is_due(epoch, self.recipe.train.epochs, self.recipe.evaluation.every):
            evaluated, last = self._measure(epoch)
            lines = self._with_alarms(epoch, [one.line for one in evaluated])
            monitored = [one for one in evaluated if one.protocol is self.monitored]
            for one in monitored:
                self.projections(one, at_end=last)
                if last:
                    self.trackers.show(one)
                    self.last_monitored = one
            said += self._keep_best(epoch, evaluated)
            if last:
                write_per_query(self.folder.per_query("last"), self.catalog, evaluated)
            self.folder.append_metric_lines(lines)
            self.last_lines = lines
            for line in lines:
                self.trackers.log(line.split, _as_numbers(line.metrics))
                self.trackers.log(f"{line.split}/health", _as_numbers(line.health))
        self.display.say(said)
        self.epochs_done = epoch
        if last and epoch < self.recipe.train.epochs:
            self._stop_early(self.folder.evaluation_lines())
        self.embedder.release(self.finished)
        self._tell_watch()

    def _tell_watch(self) -> None:
        """Tell of the evaluation of the last epoch, where there was one."""
        line = next((line for line in self.last_lines if line.split == self.choice.split), None)
        if self.watch is None or line is None or line.epoch != self.epochs_done:
            return
        value = self.choice.value(line)
        if value is None and self.choice.metric is not None:
            value = math.nan
        images = self.identity.learned_from["training_images"]
        self.watch(Watched(self.epochs_done, value, self.finished, line.fingerprint, images))

    def _measure(self, epoch: int) -> tuple[list[ProtocolResult], bool]:
        """What is measured after an epoch, and whether the run ends there: the other protocols say whether those of
        the end are due."""
        evaluation, network = self.evaluation, self.state.evaluated
        embedded: dict[str, Embedded] = {}
        evaluated = evaluation.measure(
            network, epoch, [one for one in evaluation.protocols if not one.at_end], embedded
        )
        lines = [*self.folder.evaluation_lines(), *(one.line for one in evaluated)]
        last = run_ends(lines, epoch, self.recipe.train.epochs, self.choice, self.patience)
        if last:
            evaluated += evaluation.measure(
                network, epoch, [one for one in evaluation.protocols if one.at_end], embedded
            )
            evaluated = [one for protocol in evaluation.protocols for one in evaluated if one.protocol is protocol]
        return evaluated, last

    def _stop_early(self, lines: Lines) -> None:
        assert self.patience is not None, "without it no run stops early"
        self.stopped_early = True
        choice, patience = self.choice, self.patience
        more = f" by more than {patience.min_delta:g}" if patience.min_delta else ""
        self.display.say(
            f"stopped early after epoch {choice.of(lines)[-1].epoch}: {choice.split} {choice.metric} has not "
            f"gained{more} since epoch {last_gain(lines, choice, patience)} "
            f"(train.early_stopping.patience={patience.evaluations})"
        )

    def _with_alarms(self, epoch: int, lines: list[EvaluationLine]) -> list[EvaluationLine]:
        """The lines of an evaluation with the alarms that it raises, of which the display warns."""
        trained = [line for line in self.folder.training_lines() if line.epoch == epoch]
        signs = trained[-1].health if trained else {}
        rate = self.learning_rate
        judged = []
        raised: dict[str, Alarm] = {}
        for line in lines:
            of_line = alarms(line.split, line.health, signs, self.state.step, rate)
            judged.append(replace(line, monitor=self.choice.metric, alarms=tuple(of_line)))
            for alarm in of_line:
                raised.setdefault(alarm.cause, alarm)
        for alarm in raised.values():
            self.display.warn(f"epoch {epoch}: {alarm.cause}. Remedy: {alarm.remedy}")
        return judged

    def _keep_best(self, epoch: int, evaluated: list[ProtocolResult]) -> str:
        """Keep the network if it is the best, or among as many best ones as are kept. What is to be said of it."""
        choice = self.choice
        monitored = next((one.line for one in evaluated if one.protocol is self.monitored), None)
        if monitored is None and choice.metric is not None:
            return ""
        lines = [*self.folder.evaluation_lines(), *(one.line for one in evaluated)]
        self.best = best_epoch(lines, choice)
        if choice.metric is None or (self.best is not None and self.best.epoch == epoch):
            # Before the network: a kill between the two has this epoch evaluated again, and both written.
            write_per_query(self.folder.per_query("best"), self.catalog, evaluated)
            self.save_best()
        if (keep_best := self.recipe.train.checkpoints.keep_best) > 1:
            self.checkpoints.save_among_best(self._network(), ranking(lines, choice)[:keep_best])
        if monitored is None or choice.metric is None:
            return ""
        return f"  {choice.split} {choice.metric} {number(choice.value(monitored))}"

    def save_last(self) -> None:
        """The whole state, to go on from here."""
        state = {
            **self.state.state_dict(),
            **self.identity.network,
            **self.identity.learned_from,
            "resolved": self.resolved,
        }
        epoch, position = divmod(self.state.step, self.state.steps_per_epoch)
        self.checkpoints.save_last(state)
        if position == 0:
            self._keep_epoch(epoch)
        self.saved_step, self.saved_at = self.state.step, time.monotonic()

    def _keep_epoch(self, epoch: int) -> None:
        """Keep the state at the end of an epoch, beside those of as many epochs before as the recipe says."""
        keep_last = self.recipe.train.checkpoints.keep_last
        if keep_last > 1:
            self.checkpoints.keep_last(epoch, kept_epochs([*self.checkpoints.saved_epochs(), epoch], keep_last))

    def save_if_due(self) -> None:
        """Within an epoch: the state, after as many steps or minutes as the recipe says."""
        due = self.recipe.train.checkpoints
        steps, seconds = self.state.step - self.saved_step, time.monotonic() - self.saved_at
        if checkpoint_is_due(steps, seconds, due.every_steps, due.every_minutes):
            self.save_last()

    def save_best(self) -> None:
        """The network alone, as it was evaluated."""
        network = self._network()
        self.checkpoints.save_best(network, network["epoch"])

    def _network(self) -> dict[str, Any]:
        epoch = self.state.step // self.state.steps_per_epoch
        model = self.state.evaluated.state_dict()
        best = None if self.best is None else asdict(self.best)
        return {"model": model, "epoch": epoch, "best": best, **self.identity.network}

    def close(self) -> None:
        """Write out what the trackers hold."""
        self.trackers.close()


def _as_numbers(values: Mapping[str, float | None]) -> dict[str, float]:
    """Numbers for trackers, NaN where there is none."""
    return {name: math.nan if value is None else value for name, value in values.items()}
