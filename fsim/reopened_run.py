"""A run that ended, with one of its networks, ready to embed and to be measured again."""

from __future__ import annotations

from collections.abc import Sequence
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
from fsim.evaluation import Evaluation
from fsim.image_cache import CachedImages
from fsim.interfaces import IntArray
from fsim.machine import prepare_machine
from fsim.network import Network
from fsim.normalise import Normalise
from fsim.processes import Processes
from fsim.run_folder import RunFolder
from fsim.run_network import TrainedNetwork, trained_network
from fsim.training_data import prepare_data


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
        Normalise(recipe.data.mean, recipe.data.std, recipe.train.channels_last),
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
