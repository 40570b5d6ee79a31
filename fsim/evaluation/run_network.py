"""The network of a finished run, ready to embed the images of any catalog."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from fsim.errors import FsimError
from fsim.functional.text.vocabulary import Vocabulary
from fsim.images.boxes import cut_by
from fsim.images.image_cache import CachedImages, open_image_cache
from fsim.images.normalise import Normalise
from fsim.interfaces import Catalog, Distance
from fsim.kit.cache_folder import cache_dir
from fsim.model.network import Network, build_network
from fsim.recipe.checked_recipe import CheckedRecipe
from fsim.recipe.validate import check_recipe
from fsim.runtime.machine import prepare_machine
from fsim.store.checkpoint import load_checkpoint
from fsim.store.run_folder import RunFolder
from fsim.training.training_captions import asks_for_vocabulary


@dataclass(frozen=True)
class TrainedNetwork:
    """A network with the weights that were evaluated (their moving average where there is one), the epochs it was
    trained for (2.4 within the third), and the names of the categories that its logits are of."""

    network: Network
    epoch: float
    category_names: list[str]


def trained_network(checked: CheckedRecipe, file: Path) -> TrainedNetwork:
    """The network of a checkpoint, on the CPU.

    Raises:
        FsimError: the checkpoint can't be read, or does not fit the recipe.
    """
    state = load_checkpoint(file)
    try:
        category_names = list(state["category_names"])
        network = build_network(
            checked, len(category_names), state.get("num_attributes", 0), _vocabulary(checked, state)
        )
        weights = state["model"]
        if state.get("average") is not None:
            prefix = "module."
            weights = {name[len(prefix) :]: of for name, of in state["average"].items() if name.startswith(prefix)}
        network.load_state_dict(weights)
        epoch = state["epoch"] if "epoch" in state else _epochs(state["step"], state["steps_per_epoch"])
    except (KeyError, RuntimeError) as error:
        raise FsimError(
            f"{file} does not fit the recipe; give a checkpoint of a run whose recipe was not changed"
        ) from error
    return TrainedNetwork(network, epoch, category_names)


def _vocabulary(checked: CheckedRecipe, state: Mapping[str, Any]) -> Vocabulary | None:
    """The words that the network of a checkpoint learned, if it did."""
    if not asks_for_vocabulary(checked):
        return None
    return Vocabulary(state["vocabulary"], checked.recipe.model.vocabulary.max_length)


def _epochs(step: int, steps_per_epoch: int) -> float:
    whole, position = divmod(step, steps_per_epoch)
    return whole if position == 0 else round(step / steps_per_epoch, 4)


class RunNetwork:
    """A network of a run, with the recipe's own view of an image.

    Args:
        which: a checkpoint: `best`, `last`, a file; None for the best, or the last where none was chosen.

    Raises:
        FsimError: the folder is not that of a run, has no checkpoint, or one that does not fit its recipe.
    """

    def __init__(self, run: Path, which: str | None = None) -> None:
        folder = RunFolder.open(run)
        file = self.checkpoint = folder.checkpoint(which)
        checked = check_recipe(folder.recipe)
        self.data, self.flip = checked.recipe.data, checked.recipe.evaluation.flip
        train = checked.recipe.train
        self.normalise = Normalise(self.data.mean, self.data.std, train.channels_last)
        self.machine = prepare_machine(train.precision)
        self.network = trained_network(checked, file).network.to(self.machine.device).eval()

    @property
    def distance(self) -> Distance:
        """How the embeddings are to be compared."""
        return self.network.distance

    def images(self, catalog: Catalog, progress: Callable[[int, int], None] | None = None) -> CachedImages:
        """The images of a catalog as the network sees them, decoded; any share of them may be damaged."""
        return open_image_cache(
            cut_by(catalog, self.data.box, self.data.box_padding, self.data.image_size),
            size=self.data.image_size,
            resize=self.data.resize,
            folder=cache_dir() / "images",
            max_damaged=1,
            progress=progress,
        )

    def embed(self, images: Tensor) -> Tensor:
        """uint8 [B, 3, S, S], or float32 of 0 to 255 -> float32 [B, D], on the CPU."""
        with torch.inference_mode(), self.machine.autocast():
            embedding: Tensor = self.network(self.normalise(images).to(self.machine.device))["embedding"]
        return embedding.float().cpu().clone()
