"""A run's network as what makes the embeddings of an index and of its queries."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from fsim.boxes import cut_by, padded
from fsim.decode import decode
from fsim.embed_in_parts import EmbedInParts
from fsim.embedding import Embed
from fsim.embedding_store import weights_hash
from fsim.image_cache import CachedImages, open_image_cache
from fsim.interfaces import Catalog, Distance, IntArray, Vectors
from fsim.machine import prepare_machine
from fsim.normalise import Normalise
from fsim.paths import cache_dir
from fsim.processes import ALONE, Processes
from fsim.run_folder import RunFolder
from fsim.run_network import trained_network
from fsim.search.passport import Made
from fsim.search.picture import Picture
from fsim.validate import check_recipe

if TYPE_CHECKING:
    from fsim.resize import Pixels


class Pictures:
    """Decoded pictures in memory, as `Embed` takes them."""

    def __init__(self, pixels: Tensor) -> None:
        self.pixels = pixels  # uint8 [N, 3, S, S]

    def gather(self, rows: IntArray) -> Tensor:
        return self.pixels[rows]


class Embedder:
    """Embeds as the run's evaluation does.

    Args:
        folder: of the run.
        which: a checkpoint: `best`, `last`, a file; None for the best, or the last where none was chosen.

    Raises:
        FsimError: there is no such run or checkpoint, or it does not fit the run's recipe.
    """

    def __init__(self, folder: RunFolder, which: str | None = None, processes: Processes = ALONE) -> None:
        file = folder.checkpoint(which)
        checked = check_recipe(folder.recipe)
        self.data, self.flip = checked.recipe.data, checked.recipe.evaluation.flip
        self.normalise = Normalise(self.data.mean, self.data.std)
        self.machine = prepare_machine(checked.recipe.train.precision)
        self.network = trained_network(checked, file).network.to(self.machine.device).eval()
        self.processes = processes
        self.made = Made(
            run=folder.run_id(),
            run_name=folder.name,
            checkpoint=file.stem,
            weights=weights_hash(self.network),
            preprocessing={
                "size": self.data.image_size,
                "resize": self.data.resize,
                "box": self.data.box,
                "box_padding": self.data.box_padding,
                "mean": self.normalise_numbers("mean"),
                "std": self.normalise_numbers("std"),
                "flip": self.flip,
            },
            dimensions=self.network.embedding_dim,
            distance=self.network.distance,
            precision=self.machine.precision,
        )

    def normalise_numbers(self, name: str) -> list[float]:
        return [float(one) for one in getattr(self.data, name)]

    @property
    def distance(self) -> Distance:
        return self.network.distance

    def open_images(self, catalog: Catalog, progress: Callable[[int, int], None]) -> CachedImages:
        """The images of a catalog, decoded; any share of them may be damaged. Of several processes rank 0 decodes."""
        if not self.processes.first:
            self.processes.wait()
        images = open_image_cache(
            cut_by(catalog, self.data.box, self.data.box_padding, self.data.image_size),
            size=self.data.image_size,
            resize=self.data.resize,
            folder=cache_dir() / "images",
            max_damaged=1,
            progress=progress,
        )
        if self.processes.first:
            self.processes.wait()
        return images

    def shared(self, images: CachedImages, progress: Callable[[int, int], None]) -> EmbedInParts:
        """What embeds the images of a catalog, by all processes."""
        return EmbedInParts(Embed(images, self.normalise, self.machine, self.flip, progress), self.processes)

    def embed(self, pictures: Sequence[Picture]) -> Vectors:
        """Pictures -> [Q, D], prepared as the images of an index are.

        Raises:
            DamagedImageError: one can't be decoded, or its box holds nothing of it.
        """
        return self.embed_pixels([self.pixels(one) for one in pictures])

    def pixels(self, picture: Picture) -> Pixels:
        """[S, S, 3], as the network takes it.

        Raises:
            DamagedImageError: it can't be decoded, or its box holds nothing of it.
        """
        size, padding, box = self.data.image_size, self.data.box_padding, picture.box
        if box is not None and padding and self.data.box == "crop":
            box = padded(box, padding / (size - 2 * padding))
        return decode(picture.data, size=size, resize=self.data.resize, box=box)

    def embed_pixels(self, pixels: Sequence[Pixels]) -> Vectors:
        """Q of [S, S, 3] -> [Q, D], by one forward pass."""
        images = Pictures(torch.from_numpy(np.stack(pixels)).permute(0, 3, 1, 2))
        embed = Embed(images, self.normalise, self.machine, self.flip)  # type: ignore[arg-type]
        found: Vectors = embed(self.network, np.arange(len(pixels)), ("embedding",))["embedding"].numpy()
        return found
