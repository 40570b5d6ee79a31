"""A run reopened to be used: the one way from a run folder to embeddings.

Shape legend: B batch, S image size, N images, T texts, D embedding.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from fsim.catalog.encoded_catalog import EncodedCatalog
from fsim.errors import FsimError
from fsim.evaluation.embedding import BATCH_SIZE, Forward, LocalEmbedder
from fsim.evaluation.parallel_embedder import ParallelEmbedder
from fsim.evaluation.storing_embedder import weights_hash
from fsim.functional.text.vocabulary import Vocabulary
from fsim.images.each_image import available_processors
from fsim.images.image_cache import CachedImages, open_image_cache
from fsim.images.image_source import ImageSource, in_batches, name_of_source, read_source
from fsim.images.preparation import Preparation
from fsim.images.resize import Box, DamagedImageError
from fsim.interfaces import Catalog, Distance, Vectors
from fsim.kit.files import cache_dir
from fsim.model.network import Network, build_network
from fsim.recipe.checked_recipe import CheckedRecipe
from fsim.recipe.schema import Recipe
from fsim.recipe.validate import check_recipe
from fsim.runtime.display import Display
from fsim.runtime.machine import Machine, Precision, prepare_machine
from fsim.runtime.processes import ALONE, Processes
from fsim.store.checkpoint import Checkpoint, load_checkpoint
from fsim.store.run_folder import RunFolder
from fsim.training.training_data import dataset_catalog, learns_vocabulary, prepare_data

if TYPE_CHECKING:
    from typing_extensions import Self

    from fsim.images.resample import Pixels

Progress = Callable[[int, int], None]  # images done, all images


def _no_progress(done: int, total: int) -> None: ...


@dataclass(frozen=True, repr=False, eq=False)
class TrainedRun:
    """A network of a run on a device, and how the run prepares pictures for it.

    checked         the recipe; an evaluation may have other data, protocols and evaluators than the run
    checkpoint      the file that the weights are from
    network         in evaluation mode, with the weights that were evaluated: their moving average where there is one
    epoch           how long the network was trained; 2.4 is within the third epoch
    category_names  what its logits are of
    """

    folder: RunFolder
    checked: CheckedRecipe
    checkpoint: Path
    machine: Machine
    network: Network
    epoch: float
    category_names: list[str]

    @classmethod
    def open(
        cls,
        run: RunFolder,
        checkpoint: str | None = None,
        checked: CheckedRecipe | None = None,
        device: str | None = None,
        precision: Precision | None = None,
    ) -> Self:
        """Load a network of a run.

        Args:
            checkpoint: `best`, `last`, `epoch-0007`, or a file; None for the best, or the last where none was chosen.
            checked: the recipe, where it is not that of recipe.yaml as it stands.
            device: `cpu`, `cuda`, ...; None for a GPU where there is one.
            precision: in which the network computes; None for that of the recipe.

        Raises:
            FsimError: there is no such checkpoint, or it does not fit the recipe.
        """
        file = run.checkpoint(checkpoint)
        checked = check_recipe(run.recipe) if checked is None else checked
        machine = prepare_machine(precision or checked.recipe.train.precision, device)
        loaded = load_checkpoint(file)
        try:
            network = _network(checked, loaded)
            network.load_state_dict(loaded.weights)
            epoch, category_names = loaded.epochs_trained, loaded.category_names
        except (KeyError, RuntimeError) as error:
            raise FsimError(
                f"{file} does not fit the recipe; give a checkpoint of a run whose recipe was not changed"
            ) from error
        return cls(run, checked, file, machine, network.to(machine.device).eval(), epoch, category_names)

    def __repr__(self) -> str:
        return f"<{self.folder.path}: {self.checkpoint_name} network, epoch {self.epoch:g}, on {self.device}>"

    @property
    def recipe(self) -> Recipe:
        return self.checked.recipe

    @property
    def device(self) -> str:
        return self.machine.device

    @property
    def checkpoint_name(self) -> str:
        """`best`, `last`, ...; of a file that is not the run's own, with something of its path."""
        return self.folder.checkpoint_name(self.checkpoint)

    @property
    def distance(self) -> Distance:
        """How the embeddings are compared."""
        return self.network.distance

    @property
    def dimensions(self) -> int:
        """D"""
        return self.network.dimensions

    @property
    def vocabulary(self) -> Vocabulary | None:
        """The words that the network learned; None where it does not read, or its text encoder has its own."""
        return None if self.network.text is None else self.network.text.vocabulary

    @cached_property
    def weights(self) -> str:
        """A hash of all weights and buffers."""
        return weights_hash(self.network)

    @cached_property
    def catalog(self) -> Catalog:
        """The images that the run learned from and was measured on, loaded when it is first asked for."""
        return dataset_catalog(self.checked)

    @cached_property
    def preparation(self) -> Preparation:
        """What happens to a picture before the network sees it."""
        return Preparation.from_recipe(self.recipe)

    @cached_property
    def forward(self) -> Forward:
        """What runs the network on the pixels of a batch."""
        return Forward.from_preparation(self.preparation, self.machine, self.recipe.train.channels_last)

    def embed(self, images: Iterable[ImageSource], boxes: Iterable[Box | None] | None = None) -> Vectors:
        """Embed images, prepared as an evaluation prepares them -> float32 [N, D], in the order given.

        Args:
            images: paths of files, their bytes, Pillow images, or uint8 arrays [H, W] or [H, W, 3]; they may be mixed.
            boxes: of each the part to look at, (x1, y1, x2, y2) in pixels of the upright picture; None for all of it.

        Raises:
            FsimError: an image can't be used; the message says which and why.
        """
        if isinstance(images, str | bytes | Path) or not isinstance(images, Iterable):
            raise FsimError("embed takes several images: give a list, such as [image]")
        parts = [np.zeros((0, self.dimensions), np.float32)]
        with ThreadPoolExecutor(available_processors()) as pool:
            for batch in in_batches(images, boxes, BATCH_SIZE):
                parts.append(self.embed_pixels(list(pool.map(self._pixels, *zip(*batch, strict=True)))))
        vectors: Vectors = np.concatenate(parts)
        return vectors

    def embed_text(self, texts: Iterable[str]) -> Vectors:
        """Embed texts -> float32 [T, D], in the space of the images.

        Raises:
            FsimError: the network does not read, or knows no word of a text.
        """
        if isinstance(texts, str):
            raise FsimError("embed_text takes several texts: give a list, such as [text]")
        if self.network.text is None:
            raise FsimError(
                f"the network of {self.folder.path} does not read: train one with model.text_encoder, as "
                f"recipes/siam_cat_vse.yaml does"
            )
        given = list(texts)
        if self.vocabulary is not None:
            for text in given:
                self.vocabulary.reject_unknown(text)
        if not given:
            return np.zeros((0, self.dimensions), np.float32)
        vectors: Vectors = self.network.text.embed(given).numpy()
        return vectors

    def prepare(self, source: bytes | Pixels, box: Box | None = None) -> Pixels:
        """Prepare the bytes of a file, or uint8 [H, W] or [H, W, 3], for the network -> uint8 [S, S, 3]. Several
        threads may call it.

        Args:
            box: the part to look at; padded as the recipe pads the garments' boxes, where it cuts by them.

        Raises:
            DamagedImageError: it can't be decoded, or its box holds nothing of it.
        """
        return self.preparation.apply(source, box)

    def embed_pixels(self, pixels: Sequence[Pixels]) -> Vectors:
        """Embed N prepared images, uint8 [S, S, 3] -> float32 [N, D], by one forward pass."""
        batch = torch.from_numpy(np.stack(pixels)).permute(0, 3, 1, 2)  # [N, 3, S, S], channels last in memory
        vectors: Vectors = self.embed_batch(batch).numpy()
        return vectors

    def embed_batch(self, images: Tensor) -> Tensor:
        """Embed a batch, uint8 [B, 3, S, S] or float32 of 0 to 255 -> float32 [B, D] on the CPU."""
        return self.forward(self.network, images, ("embedding",))["embedding"]

    def open_images(self, catalog: Catalog, progress: Progress | None = None) -> CachedImages:
        """Decode the images of any catalog as the network sees them; any share of them may be damaged."""
        folder = cache_dir() / "images"
        return open_image_cache(catalog, self.preparation, folder=folder, max_damaged=1, progress=progress)

    def open_data(self, display: Display, processes: Processes = ALONE) -> tuple[EncodedCatalog, CachedImages]:
        """Load the catalog of the recipe's dataset and its decoded images. Of several processes rank 0 decodes.

        Raises:
            FsimError: there is no such data, or too many images are damaged.
        """
        return prepare_data(self.checked, display, processes)

    def embedder(
        self, images: CachedImages, processes: Processes = ALONE, progress: Progress = _no_progress
    ) -> ParallelEmbedder:
        """Return what embeds rows of a catalog, whose images are opened, by all processes."""
        return ParallelEmbedder(LocalEmbedder(images, self.forward, progress), processes)

    def _pixels(self, number: int, image: ImageSource, box: Box | None) -> Pixels:
        try:
            return self.prepare(read_source(image), box)
        except DamagedImageError as error:
            raise FsimError(
                f"image {number} ({name_of_source(image)}) can't be used: {error}; fix it or leave it out"
            ) from error


def _network(checked: CheckedRecipe, loaded: Checkpoint) -> Network:
    """Build a network of the recipe, of the shape that a checkpoint's weights have."""
    vocabulary = None
    if learns_vocabulary(checked):
        vocabulary = Vocabulary(loaded.vocabulary or [], checked.recipe.model.vocabulary.max_length)
    return build_network(checked, len(loaded.category_names), loaded.num_attributes, vocabulary)
