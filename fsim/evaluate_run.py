"""Evaluate a run again: another split, catalog, checkpoint or evaluators."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from fsim.catalog import EncodedCatalog
from fsim.checked_recipe import CheckedRecipe
from fsim.display import Display
from fsim.embedding import Embed, Embedder
from fsim.embedding_store import EmbeddingStore
from fsim.errors import FsimError
from fsim.evaluation import Evaluated, Evaluation
from fsim.evaluation_cost import say_cost
from fsim.image_cache import CachedImages
from fsim.interfaces import IntArray
from fsim.machine import prepare_machine
from fsim.network import Network
from fsim.normalise import Normalise
from fsim.per_query import write_per_query
from fsim.processes import Processes
from fsim.report.subject import Subject
from fsim.report.tables import write_tables
from fsim.run_folder import RunFolder
from fsim.run_network import TrainedNetwork, trained_network
from fsim.training_data import prepare_data

CHANGEABLE = ("data", "evaluation", "train.precision")


def refuse_other_networks(assignments: Sequence[str]) -> None:
    """Tell that an override would make another network than the one that was trained.

    Raises:
        FsimError: one of them is not of `CHANGEABLE`.
    """
    for assignment in assignments:
        key = assignment.partition("=")[0]
        if not any(key == allowed or key.startswith(f"{allowed}.") for allowed in CHANGEABLE):
            raise FsimError(
                f"{assignment}: the network is the run's, and only {', '.join(CHANGEABLE)} may be changed for an "
                f"evaluation; for another network: fsim run"
            )


@dataclass(frozen=True)
class Reopened:
    """A run with one of its networks, ready to be evaluated."""

    catalog: EncodedCatalog
    images: CachedImages
    trained: TrainedNetwork
    evaluation: Evaluation


def reopen(
    checked: CheckedRecipe, folder: RunFolder, checkpoint: Path, display: Display, processes: Processes
) -> Reopened:
    """A run's data, a network of it, and an evaluation that embeds by all processes.

    Embeddings are kept in `RUN/embeddings` and taken from there while network, images and settings are the same.

    Raises:
        FsimError: the checkpoint or the catalog does not fit.
    """
    recipe = checked.recipe
    machine = prepare_machine(recipe.train.precision)
    if not processes.first:
        processes.wait()  # until rank 0 has decoded the images
    catalog, images = prepare_data(checked, display)
    if processes.first:
        processes.wait()
    trained = trained_network(checked, checkpoint)
    trained.network.to(machine.device)
    embed = Embed(
        images,
        Normalise(recipe.data.mean, recipe.data.std),
        machine,
        recipe.evaluation.flip,
        lambda done, total: display.bar("embed", done, total),
    )
    source = embed if processes.size == 1 else EmbedInParts(embed, processes)
    embedder: Embedder = EmbeddingStore(folder.path / "embeddings", catalog, embed, source)
    if processes.size > 1:
        embedder = source  # what one process has kept the others would not know
    evaluation = Evaluation(checked, catalog, embedder)
    _hold_categories_against(trained, catalog.category_names, evaluation.needs)
    return Reopened(catalog, images, trained, evaluation)


def evaluate_run(
    checked: CheckedRecipe,
    folder: RunFolder,
    checkpoint: Path,
    display: Display,
    processes: Processes,
    say: Callable[[str], None],
) -> list[Evaluated]:
    """Embed what the recipe's protocols ask for, by all processes, and measure it; all results are in the run folder.

    Only rank 0 measures and writes; the others return nothing. `say` is called with what the measuring will cost.

    Raises:
        FsimError: the checkpoint or the catalog does not fit.
    """
    reopened = reopen(checked, folder, checkpoint, display, processes)
    trained, evaluation = reopened.trained, reopened.evaluation
    if not processes.first:
        evaluation.embed_all(trained.network)
        return []
    say_cost(evaluation.protocols, evaluation.evaluators, trained.network.embedding_dim, say)
    evaluated = evaluation(trained.network, trained.epoch, at_end=True)
    about = {"checkpoint": _name_of(checkpoint, folder), "epoch": trained.epoch}
    for one in evaluated:
        place = folder.evaluation(str(about["checkpoint"]), one.line["fingerprint"])
        write_per_query(place, reopened.catalog, [one])
        write_tables(place, Subject(folder, checked, reopened.catalog, reopened.images, one))
        folder.write_evaluation({**about, **one.line})
    return evaluated


def _name_of(checkpoint: Path, folder: RunFolder) -> str:
    """`last`, `best`, ...; of a file that is not the run's own, with something of its path."""
    if checkpoint.resolve().parent == folder.checkpoints.resolve():
        return checkpoint.stem
    return f"{checkpoint.stem}-{hashlib.sha256(str(checkpoint.resolve()).encode()).hexdigest()[:8]}"


@dataclass(frozen=True)
class EmbedInParts:
    """An `Embedder` of several processes: each embeds its part of the rows, and rank 0 has all of them."""

    embed: Embed
    processes: Processes

    def __call__(self, network: Network, rows: IntArray, names: Sequence[str]) -> dict[str, Tensor]:
        places = np.array_split(np.arange(len(rows)), self.processes.size)[self.processes.rank]
        mine = self.embed(network, rows[places], names) if len(places) else self._nothing(network, rows, names)
        order = self.processes.gather(torch.from_numpy(places))
        parts = {name: self.processes.gather(values) for name, values in mine.items()}
        if not self.processes.first:
            return mine
        assert torch.equal(torch.cat(order), torch.arange(len(rows))), "every image once, in order"
        return {name: torch.cat(of) for name, of in parts.items()}

    def _nothing(self, network: Network, rows: IntArray, names: Sequence[str]) -> dict[str, Tensor]:
        """Outputs of no image, of the right widths."""
        return {name: values[:0] for name, values in self.embed(network, rows[:1], names).items()}


def _hold_categories_against(trained: TrainedNetwork, names: list[str], needs: frozenset[str]) -> None:
    if "logits" in needs and trained.category_names != names:
        raise FsimError(
            "the network knows other categories than this catalog has, so that its guesses can't be measured: leave "
            "the evaluator that needs logits out of evaluation.evaluators"
        )
