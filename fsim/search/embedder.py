"""A run's network as what makes the embeddings of an index and of its queries."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from fsim.evaluation.embed_in_parts import EmbedInParts
from fsim.evaluation.embedding import Embed, Gathered
from fsim.evaluation.run_network import RunNetwork
from fsim.evaluation.stored_embeddings import weights_hash
from fsim.images.boxes import padded, padding_share
from fsim.images.decode import decode
from fsim.images.image_cache import CachedImages
from fsim.interfaces import Catalog, Distance, IntArray, Vectors
from fsim.runtime.processes import ALONE, Processes
from fsim.search.passport import Made, preprocessing
from fsim.search.picture import Picture
from fsim.search.reader import Reader
from fsim.store.run_folder import RunFolder

if TYPE_CHECKING:
    from fsim.images.resize import Pixels


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
        which: as of `RunNetwork`.

    Raises:
        FsimError: there is no such run or checkpoint, or it does not fit the run's recipe.
    """

    def __init__(self, folder: RunFolder, which: str | None = None, processes: Processes = ALONE) -> None:
        self.of_run = of = RunNetwork(folder.path, which)
        self.network, self.processes = of.network, processes
        self.reader = None if of.network.text is None else Reader(of.network.text)
        data = of.data
        self.made = Made(
            run=folder.run_id(),
            run_name=folder.name,
            checkpoint=of.checkpoint.stem,
            weights=weights_hash(of.network),
            preprocessing=preprocessing(
                size=data.image_size,
                resize=data.resize,
                box=data.box,
                box_padding=data.box_padding,
                mean=list(data.mean),
                std=list(data.std),
                flip=of.flip,
            ),
            dimensions=of.network.embedding_dim,
            distance=of.distance,
            precision=of.machine.precision,
        )

    @property
    def distance(self) -> Distance:
        return self.of_run.distance

    def open_images(self, catalog: Catalog, progress: Callable[[int, int], None]) -> CachedImages:
        """The images of a catalog, decoded; any share of them may be damaged. Of several processes rank 0 decodes."""
        with self.processes.first_first():
            return self.of_run.images(catalog, progress)

    def shared(self, images: CachedImages, progress: Callable[[int, int], None]) -> EmbedInParts:
        """What embeds the images of a catalog, by all processes."""
        return EmbedInParts(self._embed(images, progress), self.processes)

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
        data, box = self.of_run.data, picture.box
        if box is not None and data.box == "crop":
            box = padded(box, padding_share(data.box_padding, data.image_size))
        return decode(picture.data, size=data.image_size, resize=data.resize, box=box)

    def embed_pixels(self, pixels: Sequence[Pixels]) -> Vectors:
        """Q of [S, S, 3] -> [Q, D], by one forward pass."""
        images = Pictures(torch.from_numpy(np.stack(pixels)).permute(0, 3, 1, 2))
        found = self._embed(images)(self.network, np.arange(len(pixels)), ("embedding",))["embedding"]
        vectors: Vectors = found.numpy()
        return vectors

    def _embed(self, images: Gathered, progress: Callable[[int, int], None] = lambda done, total: None) -> Embed:
        of = self.of_run
        return Embed(images, of.normalise, of.machine, of.flip, progress)
