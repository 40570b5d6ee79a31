"""All evaluations of a run's network: those of its training, and those that `fsim evaluate` made."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from fsim.errors import FsimError
from fsim.store.metric_lines import EvaluationLine
from fsim.store.per_query import per_query_file
from fsim.store.run_folder import RunFolder

NetworkName = Literal["last", "best"]  # of the last evaluated epoch, or the best one


@dataclass(frozen=True)
class RunEvaluation:
    """A network of a run, measured by one protocol.

    line       its line of metrics.jsonl, or what `fsim evaluate` kept
    per_query  the file with the metrics of each query (`fsim.store.per_query`); a run that is not at its end may have
               none
    """

    line: EvaluationLine
    per_query: Path

    @property
    def split(self) -> str:
        """The name of the protocol: `val`, `val:train`, ..."""
        return self.line.split

    @property
    def fingerprint(self) -> str:
        """The fingerprint of the protocol and its evaluators."""
        return self.line.fingerprint


def run_evaluations(folder: RunFolder, network: NetworkName) -> list[RunEvaluation]:
    """Return the evaluations of the last or the best network of a run, as `evaluations_of` does.

    Raises:
        FsimError: the training evaluated nothing yet, or there is no best network.
    """
    lines = folder.evaluation_lines()
    if not lines:
        raise FsimError(f"{folder.path} has no evaluation yet; finish it first: fsim resume {folder.path}")
    epoch = lines[-1].epoch if network == "last" else best_checkpoint_epoch(folder)
    return evaluations_of(folder, network, epoch)


def evaluations_of(folder: RunFolder, checkpoint: str, epoch: float) -> list[RunEvaluation]:
    """Return the evaluations of a checkpoint, each fingerprint once.

    Those of the training come first, in the order of the recipe's protocols, then those of `fsim evaluate`.

    Args:
        checkpoint: its name.
        epoch: how long its network was trained.
    """
    evaluations: dict[str, RunEvaluation] = {}
    for line in folder.evaluation_lines():
        if line.epoch == epoch:
            file = per_query_file(folder.per_query(checkpoint), line.split)
            evaluations[line.fingerprint] = RunEvaluation(line, file)
    for kept in folder.read_evaluations():
        line = kept.line
        if (kept.checkpoint, line.epoch) != (checkpoint, epoch):
            continue
        file, of_training = per_query_file(kept.place, line.split), evaluations.get(line.fingerprint)
        if of_training is None:
            evaluations[line.fingerprint] = RunEvaluation(line, file)
        elif not of_training.per_query.is_file():
            evaluations[line.fingerprint] = RunEvaluation(of_training.line, file)
    return list(evaluations.values())


def best_checkpoint_epoch(folder: RunFolder) -> float:
    """Return the epoch that the network in best.pt is of.

    Raises:
        FsimError: there is none.
    """
    from fsim.store.checkpoint import load_checkpoint

    return load_checkpoint(folder.checkpoint("best")).epochs_trained
