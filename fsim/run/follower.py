"""What the processes of a run other than the first do where that one keeps the run."""

from __future__ import annotations

from fsim.evaluation.parallel_embedder import ParallelEmbedder
from fsim.store.checkpoint import load_checkpoint
from fsim.store.run_folder import RunFolder
from fsim.training.state import TrainingState


class Follower:
    """Goes along with rank 0's `Keeper`, and writes nothing: it takes up the same state, and embeds its part of the
    images of each evaluation."""

    def __init__(self, folder: RunFolder, state: TrainingState, embedder: ParallelEmbedder) -> None:
        self.folder, self.state, self.embedder = folder, state, embedder
        self.finished = False  # as rank 0 says
        self.saved_step = 0

    def take_up(self) -> None:
        """Go on from the last checkpoint, which rank 0 found fit."""
        self.embedder.processes.wait()
        if self.folder.last.is_file():
            self.state.load_state_dict(load_checkpoint(self.folder.last).content)
        self.save_last()
        self.evaluate("")

    def end_epoch(self, rate: float, seconds: float) -> str:
        """After the last step of an epoch."""
        self.state.take_epoch_means(), self.state.take_epoch_signs()
        self.save_last()
        return ""

    def evaluate(self, said: str) -> None:
        """Embed a part of what rank 0 measures, until it has measured all. A signal here waits for that."""
        self.finished = self.embedder.follow(self.state.evaluated)

    def save_last(self) -> None:
        """Rank 0 saves."""
        self.saved_step = self.state.step

    def save_if_due(self) -> None:
        """Rank 0 knows when, and saves."""

    def close(self) -> None:
        """Nothing is open."""
