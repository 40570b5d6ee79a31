"""Keeps what a run must not lose: metrics, the state to go on from, and the best network; rank 0's part of a run."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import final

from fsim.errors import FsimError
from fsim.evaluation.parallel_embedder import ParallelEmbedder
from fsim.evaluation.protocol_result import ProtocolResult
from fsim.evaluation.result_tables import write_per_query
from fsim.kit.files import remove_leftovers
from fsim.run.checkpoint_writer import CheckpointWriter
from fsim.run.epoch_evaluation import EpochEvaluation
from fsim.run.keeper import RunKeeper, RunResult
from fsim.run.observer import EpochSummary, MonitoredEvaluation, RunObserver, RunResumption, RunStart
from fsim.run.policy import BestEpoch, Choice, best_epoch, ranking, stops_early
from fsim.run.run_identity import RunIdentity
from fsim.store.checkpoint import load_checkpoint
from fsim.store.metric_lines import EvaluationLine, TrainingLine
from fsim.store.run_folder import RunFolder
from fsim.training.build import Training


@final
class RecordingKeeper(RunKeeper):
    """Keeps a run in its folder: rank 0's.

    last_lines  the evaluations after the last epoch that was evaluated
    """

    def __init__(
        self,
        training: Training,
        folder: RunFolder,
        evaluation: EpochEvaluation,
        embedder: ParallelEmbedder,
        observer: RunObserver,
    ) -> None:
        checked = training.checked
        self._start = RunStart(training, folder, evaluation)
        self.folder, self.state, self.catalog = folder, training.state, training.catalog
        self.epochs = checked.recipe.train.epochs
        self.evaluation, self.embedder, self.observer = evaluation, embedder, observer
        self.choice = evaluation.choice
        self.identity = RunIdentity(training)
        self.checkpoints = CheckpointWriter(
            folder, training.state, self.identity, checked.resolved(), checked.recipe.train.checkpoints
        )
        self.best: BestEpoch | None = None
        self.last_lines: list[EvaluationLine] = []
        self.epochs_done = 0
        self.stopped_early = False
        self._training_line: TrainingLine | None = None  # of the epoch that ended, until it is evaluated

    @property
    def finished(self) -> bool:
        """The last epoch is over, and evaluated; or one after which the run stopped early."""
        return self.epochs_done == self.epochs or self.stopped_early

    @property
    def saved_step(self) -> int:
        return self.checkpoints.saved_step

    def start(self) -> None:
        self.observer.started(self._start)

    def resume(self) -> None:
        """Go on from the last checkpoint. What a kill left half is removed; an evaluation that it prevented follows."""
        remove_leftovers(self.folder.path, without=("exports", "indexes"))  # which others write
        if not self.folder.last.is_file():
            self.folder.keep_metric_lines(lambda line: False)
            self.embedder.processes.wait()
            self.embedder.release(self.finished)
            return
        resumption = self._load_last()
        self.embedder.processes.wait()  # the others load what was found fit
        if resumption.position == 0 and resumption.epoch and not self.last_lines:
            self.observer.resumed(resumption)
            self.evaluate()
        else:
            self.embedder.release(self.finished)
            self.observer.resumed(resumption)

    def _load_last(self) -> RunResumption:
        """Load the last checkpoint, and bring the folder to its state."""
        checkpoint = load_checkpoint(self.folder.last)
        self.identity.reject_another_run(checkpoint)
        self.state.load_state_dict(checkpoint.content)
        self.checkpoints.saved_step = self.state.step
        epoch, position = divmod(self.state.step, self.state.steps_per_epoch)
        if epoch > self.epochs:
            raise FsimError(f"{epoch} epochs are done, and train.epochs is {self.epochs}: set it to {epoch} or more")
        lines = [line for line in self.folder.evaluation_lines() if line.epoch <= epoch]
        stops = position == 0 and stops_early(lines, epoch, self.choice, self.evaluation.patience)
        ends = epoch == self.epochs or stops
        if not ends:  # these are of an end that the run no longer has
            self.folder.remove_results_of_the_end()
        elif position == 0 and not self.folder.per_query("last").is_dir():  # an epoch that was not the end before
            lines = [line for line in lines if line.epoch < epoch]
        evaluated = max((line.epoch for line in lines), default=0)
        self.folder.keep_metric_lines(
            lambda line: line.epoch <= (epoch if isinstance(line, TrainingLine) else evaluated)
        )
        former = self._resume_choice(epoch)
        self.best = best_epoch(lines, self.choice)
        self.last_lines = [line for line in lines if line.epoch == epoch]
        self.epochs_done = epoch
        if position == 0 and epoch:
            self.checkpoints.keep_epoch(epoch)
        self.stopped_early = stops and bool(self.last_lines)
        return RunResumption(
            epoch,
            position,
            at_end=ends and bool(self.last_lines) and position == 0,
            former_choice=former,
            early_stop=self.evaluation.early_stop(lines) if self.stopped_early else None,
            monitored=self._monitored_evaluation(),
        )

    def _resume_choice(self, epoch: int) -> Choice | None:
        """Go on from the best network that the run chose. By another metric or protocol the best is chosen anew: return
        by what it was chosen then."""
        best = load_checkpoint(self.folder.best).best if self.folder.best.is_file() else None
        if best is None:
            return None
        if (best["monitor"], best["split"]) == (self.choice.metric, self.choice.split):
            self.choice = replace(self.choice, since=best["epoch"])
            return None
        self.choice = replace(self.choice, since=epoch + 1)
        return Choice(best["split"], best["monitor"], False)

    def end_epoch(self, images_per_second: float, seconds: float) -> None:
        state = self.state
        epoch = state.step // state.steps_per_epoch
        metrics = {**state.take_epoch_means(), "learning_rate": state.optimizer.param_groups[0]["lr"]}
        timings = {"images_per_second": images_per_second, "seconds": seconds}
        line = TrainingLine(epoch, metrics, state.take_epoch_signs(), timings)
        self.folder.append_metric_lines([line])
        self._training_line = line
        self.observer.trained(line)
        self.save_last()

    def evaluate(self) -> None:
        """Measure the network if that is due, and keep it if it is the best.

        The best network, and what observers make of the results, are written before the metrics: a kill between the two
        leaves an epoch without metrics, which is evaluated again when the run is resumed.
        """
        epoch = self.state.step // self.state.steps_per_epoch
        at_end, lines = False, list[EvaluationLine]()
        if self.evaluation.is_due(epoch):
            measured = self.evaluation.measure(
                self.state.evaluated, epoch, self.folder.evaluation_lines(), self._signs(epoch), self.state.step
            )
            at_end, lines = measured.at_end, [result.line for result in measured.results]
            self.observer.measured(measured.results, at_end)
            self._keep_best(epoch, measured.results)
            if at_end:
                write_per_query(self.folder.per_query("last"), self.catalog, measured.results)
            self.folder.append_metric_lines(lines)
            self.last_lines = lines
        self.epochs_done = epoch
        self.stopped_early = at_end and epoch < self.epochs
        early_stop = self.evaluation.early_stop(self.folder.evaluation_lines()) if self.stopped_early else None
        self.embedder.release(self.finished)
        summary = EpochSummary(
            epoch, self.epochs, self.choice, self._training_line, lines, self._monitored_evaluation(), early_stop
        )
        self._training_line = None
        self.observer.epoch_ended(summary)

    def _signs(self, epoch: int) -> Mapping[str, float | None]:
        """The losses' signs in an epoch, as its training line has them."""
        trained = [line for line in self.folder.training_lines() if line.epoch == epoch]
        return trained[-1].health if trained else {}

    def _monitored_evaluation(self) -> MonitoredEvaluation | None:
        """The evaluation of the last epoch by the monitored protocol; None where it was not due."""
        line = next((line for line in self.last_lines if line.split == self.choice.split), None)
        if line is None or line.epoch != self.epochs_done:
            return None
        value = self.choice.value(line)
        if value is None and self.choice.metric is not None:
            value = math.nan
        images = self.identity.learned_from["training_images"]
        return MonitoredEvaluation(self.epochs_done, value, self.finished, line.fingerprint, images)

    def _keep_best(self, epoch: int, results: list[ProtocolResult]) -> None:
        """Keep the network if it is the best, or among as many best ones as are kept."""
        choice = self.choice
        is_monitored = any(result.protocol is self.evaluation.monitored for result in results)
        if not is_monitored and choice.metric is not None:
            return
        lines = [*self.folder.evaluation_lines(), *(result.line for result in results)]
        self.best = best_epoch(lines, choice)
        if choice.metric is None or (self.best is not None and self.best.epoch == epoch):
            # Before the network: a kill between the two has this epoch evaluated again, and both written.
            write_per_query(self.folder.per_query("best"), self.catalog, results)
            self.checkpoints.save_best(self.best)
        self.checkpoints.save_among_best(self.best, ranking(lines, choice))

    def save_last(self) -> None:
        self.checkpoints.save_last()

    def save_if_due(self) -> None:
        self.checkpoints.save_if_due()

    def result(self) -> RunResult:
        monitored = next((line for line in self.last_lines if line.split == self.choice.split), None)
        if monitored is None:
            raise FsimError(
                f"the run is at its end, and was not evaluated by what its recipe says now; measure it: "
                f"fsim evaluate {self.folder.path}"
            )
        return RunResult(self.last_lines, monitored, self.best)
