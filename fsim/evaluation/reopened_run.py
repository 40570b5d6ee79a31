"""A run that ended, with one of its networks, ready to embed and to be measured again."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from fsim.catalog.encoded_catalog import EncodedCatalog
from fsim.errors import FsimError
from fsim.evaluation.embed_in_parts import EmbedInParts
from fsim.evaluation.embedding import Embed
from fsim.evaluation.evaluation import Evaluation
from fsim.evaluation.run_network import TrainedNetwork, trained_network
from fsim.evaluation.stored_embeddings import EmbeddingStore
from fsim.images.image_cache import CachedImages
from fsim.images.normalise import Normalise
from fsim.recipe.checked_recipe import CheckedRecipe
from fsim.runtime.display import Display
from fsim.runtime.machine import prepare_machine
from fsim.runtime.processes import Processes
from fsim.store.run_folder import RunFolder
from fsim.training.training_data import prepare_data


@dataclass(frozen=True)
class Reopened:
    """A run with one of its networks, ready to be evaluated; `shared` is what its processes embed by."""

    catalog: EncodedCatalog
    images: CachedImages
    trained: TrainedNetwork
    evaluation: Evaluation
    shared: EmbedInParts


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
    catalog, images = prepare_data(checked, display, processes)
    trained = trained_network(checked, checkpoint)
    trained.network.to(machine.device)
    embed = Embed(
        images,
        Normalise(recipe.data.mean, recipe.data.std, recipe.train.channels_last),
        machine,
        recipe.evaluation.flip,
        lambda done, total: display.bar("embed", done, total),
    )
    shared = EmbedInParts(embed, processes)
    evaluation = Evaluation(
        checked, catalog, EmbeddingStore(folder.path / "embeddings", catalog, images, embed, shared)
    )
    _hold_categories_against(trained, catalog.category_names, evaluation.needs)
    return Reopened(catalog, images, trained, evaluation, shared)


def _hold_categories_against(trained: TrainedNetwork, names: list[str], needs: frozenset[str]) -> None:
    if "logits" in needs and trained.category_names != names:
        raise FsimError(
            "the network knows other categories than this catalog has, so that its guesses can't be measured: leave "
            "the evaluator that needs logits out of evaluation.evaluators"
        )
