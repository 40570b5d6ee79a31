"""What can be observed of a run: the events, what each of them brings, and the interface of those who follow a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fsim.errors import FsimError
from fsim.evaluation.protocol_result import ProtocolResult
from fsim.run.epoch_evaluation import EarlyStop, EpochEvaluation
from fsim.run.policy import Choice
from fsim.store.metric_lines import EvaluationLine, TrainingLine
from fsim.store.run_folder import RunFolder
from fsim.training.build import Training


class StopRunError(FsimError):
    """An observer wants no more of the run. All is saved, and it can be resumed."""


@dataclass(frozen=True)
class RunStart:
    """What a run is about to do."""

    training: Training
    folder: RunFolder
    evaluation: EpochEvaluation


@dataclass(frozen=True)
class MonitoredEvaluation:
    """An evaluation by the monitored protocol.

    epoch            after which it was, from 1 on
    value            of the monitored metric, NaN where that is none; None where no metric chooses the best epoch
    finished         whether the run is at its end, by its last epoch or by early stopping
    fingerprint      of the protocol
    training_images  the fingerprint of what the network learns from
    """

    epoch: int
    value: float | None
    finished: bool
    fingerprint: str
    training_images: str


@dataclass(frozen=True)
class RunResumption:
    """Where a run goes on.

    epoch          the epochs that are done
    position       the steps that are done of the next one
    at_end         whether nothing is left to do
    former_choice  by what the best epoch was chosen; None where it still is
    early_stop     where the run had stopped early
    monitored      the evaluation of the last epoch, which an observer may not have heard of before a kill
    """

    epoch: int
    position: int
    at_end: bool
    former_choice: Choice | None
    early_stop: EarlyStop | None
    monitored: MonitoredEvaluation | None


@dataclass(frozen=True)
class StepProgress:
    """One step of training.

    epoch              in which it was, from 1 on
    position           its number in the epoch, from 1 on
    losses             `loss`, and its terms where there are several
    images_per_second  since the epoch began, or since the run was resumed
    """

    epoch: int
    epochs: int
    position: int
    steps_per_epoch: int
    losses: Mapping[str, float]
    images_per_second: float


@dataclass(frozen=True)
class EpochSummary:
    """What an epoch gave, when all of it is kept.

    training     None where the epoch was trained before the run was resumed
    evaluations  a line for each protocol that was due
    monitored    the one among them that counts; None where it was not due
    """

    epoch: int
    epochs: int
    choice: Choice
    training: TrainingLine | None
    evaluations: Sequence[EvaluationLine]
    monitored: MonitoredEvaluation | None
    early_stop: EarlyStop | None


@dataclass(frozen=True)
class RunStop:
    """A run stops before its end, and all up to a step is saved.

    hurried  whether whoever stops it leaves little time: SIGTERM, SIGHUP
    """

    saved_step: int
    hurried: bool


class RunObserver:
    """Follows a run in the process that keeps it. An observer overrides the events that concern it.

    An error of an observer ends the run; StopRunError ends it as a stop.
    """

    def started(self, start: RunStart) -> None:
        """All is built, and nothing is trained yet."""

    def resumed(self, resumption: RunResumption) -> None:
        """The state of the last checkpoint is loaded."""

    def step_ended(self, progress: StepProgress) -> None:
        """A step of training is over."""

    def trained(self, line: TrainingLine) -> None:
        """The steps of an epoch are over; its line is written, its state is saved next."""

    def measured(self, results: Sequence[ProtocolResult], at_end: bool) -> None:
        """The network was measured, at the end of the run or before; nothing of it is written yet. What an observer
        writes here is there for every epoch whose metrics are."""

    def epoch_ended(self, summary: EpochSummary) -> None:
        """All that an epoch gave is written."""

    def finished(self) -> None:
        """The run is at its end."""

    def stopped(self, stop: RunStop) -> None:
        """The run stops before its end."""

    def close(self) -> None:
        """The last event, after all others and after an error; status.json says how the run ended."""


class Observers(RunObserver):
    """Several observers as one; each event goes to all of them, in their order."""

    def __init__(self, each: Sequence[RunObserver]) -> None:
        self.each = each

    def started(self, start: RunStart) -> None:
        for observer in self.each:
            observer.started(start)

    def resumed(self, resumption: RunResumption) -> None:
        for observer in self.each:
            observer.resumed(resumption)

    def step_ended(self, progress: StepProgress) -> None:
        for observer in self.each:
            observer.step_ended(progress)

    def trained(self, line: TrainingLine) -> None:
        for observer in self.each:
            observer.trained(line)

    def measured(self, results: Sequence[ProtocolResult], at_end: bool) -> None:
        for observer in self.each:
            observer.measured(results, at_end)

    def epoch_ended(self, summary: EpochSummary) -> None:
        for observer in self.each:
            observer.epoch_ended(summary)

    def finished(self) -> None:
        for observer in self.each:
            observer.finished()

    def stopped(self, stop: RunStop) -> None:
        for observer in self.each:
            observer.stopped(stop)

    def close(self) -> None:
        for observer in self.each:
            observer.close()
