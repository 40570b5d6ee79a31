"""All evaluations of a run's network: those of its training, and those that `fsim evaluate` made."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from fsim.errors import FsimError
from fsim.store.metric_lines import EvaluationLine
from fsim.store.per_query import per_query_file
from fsim.store.run_folder import RunFolder

Which = Literal["last", "best"]


@dataclass(frozen=True)
class RunEvaluation:
    """A network of a run, measured by one protocol.

    split      how the protocol is called: `val`, `val:train`, ...
    line       its line of metrics.jsonl, or what `fsim evaluate` wrote in its place
    per_query  the table of the metrics of each query (`fsim.store.per_query`); older runs and such that are not at
               their end may have none
    """

    split: str
    line: EvaluationLine
    per_query: Path

    @property
    def fingerprint(self) -> str:
        """Of the protocol and its evaluators."""
        return self.line.fingerprint

    @property
    def asked(self) -> dict[str, object]:
        """All of the protocol but which evaluators measured it and the distance that the network is made for."""
        return self.line.protocol.question


def run_evaluations(folder: RunFolder, which: Which) -> list[RunEvaluation]:
    """Of the last epoch that the training evaluated, or of the best network: the training's own, in the order of the
    recipe's protocols, then those of `fsim evaluate`, each fingerprint once.

    Raises:
        FsimError: the training evaluated nothing yet, or there is no best network.
    """
    lines = folder.evaluation_lines()
    if not lines:
        raise FsimError(f"{folder.path} has no evaluation yet; finish it first: fsim resume {folder.path}")
    epoch = lines[-1].epoch if which == "last" else best_epoch(folder)
    return evaluations_of(folder, which, epoch)


def evaluations_of(folder: RunFolder, checkpoint: str, epoch: float) -> list[RunEvaluation]:
    """Of a checkpoint, by its name, and the epoch that it is of: the training's own evaluations, in the order of the
    recipe's protocols, then those of `fsim evaluate`, each fingerprint once."""
    found: dict[str, RunEvaluation] = {}
    for line in folder.evaluation_lines():
        if line.epoch == epoch:
            file = per_query_file(folder.per_query(checkpoint), line.split)
            found[line.fingerprint] = RunEvaluation(line.split, line, file)
    for evaluated in folder.read_evaluations():
        line = evaluated.line
        if (evaluated.checkpoint, line.epoch) != (checkpoint, epoch):
            continue
        file, kept = per_query_file(evaluated.place, line.split), found.get(line.fingerprint)
        if kept is None:
            found[line.fingerprint] = RunEvaluation(line.split, line, file)
        elif not kept.per_query.is_file():
            found[line.fingerprint] = RunEvaluation(kept.split, kept.line, file)
    return list(found.values())


def best_epoch(folder: RunFolder) -> float:
    """Of the best network.

    Raises:
        FsimError: there is none.
    """
    from fsim.store.checkpoint import load_checkpoint

    return load_checkpoint(folder.checkpoint("best")).epochs_trained
