"""What each process of a run does beside the steps: the interface, and those that go along with rank 0."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import final

from fsim.evaluation.parallel_embedder import ParallelEmbedder
from fsim.run.observer import RunObserver
from fsim.run.policy import BestEpoch
from fsim.store.checkpoint import load_checkpoint
from fsim.store.metric_lines import EvaluationLine
from fsim.store.run_folder import RunFolder
from fsim.training.state import TrainingState


@dataclass(frozen=True)
class RunResult:
    """What a finished run found: the evaluations after its last epoch, that by the monitored protocol among them, and
    the best epoch."""

    last: list[EvaluationLine]
    monitored: EvaluationLine
    best: BestEpoch | None


class RunKeeper(ABC):
    """What a process of a run does beside the steps: rank 0 keeps the run, and the others go along with it.

    observer    who follows the run in this process
    finished    whether the run is at its end
    saved_step  the step up to which all is saved
    """

    observer: RunObserver

    @property
    @abstractmethod
    def finished(self) -> bool: ...

    @property
    @abstractmethod
    def saved_step(self) -> int: ...

    @abstractmethod
    def start(self) -> None:
        """All is built, and nothing is trained yet."""

    @abstractmethod
    def resume(self) -> None:
        """Go on from the last checkpoint, and finish what its epoch still lacks.

        Raises:
            FsimError: the checkpoint cannot be read, or the data has changed since.
        """

    @abstractmethod
    def end_epoch(self, images_per_second: float, seconds: float) -> None:
        """After the last step of an epoch: keep what it gave, and the state."""

    @abstractmethod
    def evaluate(self) -> None:
        """After `end_epoch`: measure the network if that is due, and keep it if it is the best."""

    @abstractmethod
    def save_last(self) -> None:
        """Save the state, to go on from here."""

    @abstractmethod
    def save_if_due(self) -> None:
        """Within an epoch: save the state as often as the recipe says."""

    @abstractmethod
    def result(self) -> RunResult | None:
        """Return what the finished run found; None in the processes that only go along.

        Raises:
            FsimError: the run was not evaluated by what its recipe says now.
        """


@final
class FollowingKeeper(RunKeeper):
    """Goes along with rank 0's keeper, and writes nothing: it loads the same state, and embeds its part of the images
    of each evaluation."""

    def __init__(self, folder: RunFolder, state: TrainingState, embedder: ParallelEmbedder) -> None:
        self.folder, self.state, self.embedder = folder, state, embedder
        self.observer = RunObserver()  # nobody: rank 0 speaks and writes
        self._finished = False  # as rank 0 says
        self._saved_step = 0

    @property
    def finished(self) -> bool:
        return self._finished

    @property
    def saved_step(self) -> int:
        return self._saved_step

    def start(self) -> None:
        """Rank 0 says what the run will do."""

    def resume(self) -> None:
        """Load the last checkpoint, which rank 0 found fit."""
        self.embedder.processes.wait()
        if self.folder.last.is_file():
            self.state.load_state_dict(load_checkpoint(self.folder.last).content)
        self.save_last()
        self.evaluate()

    def end_epoch(self, images_per_second: float, seconds: float) -> None:
        self.state.take_epoch_means(), self.state.take_epoch_signs()
        self.save_last()

    def evaluate(self) -> None:
        """Embed a part of what rank 0 measures, until it has measured all. A signal here waits for that."""
        self._finished = bool(self.embedder.follow(self.state.evaluated))

    def save_last(self) -> None:
        """Rank 0 saves."""
        self._saved_step = self.state.step

    def save_if_due(self) -> None:
        """Rank 0 knows when, and saves."""

    def result(self) -> None:
        return None
