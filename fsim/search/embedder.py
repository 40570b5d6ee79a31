"""A run's network as what makes the embeddings of an index and of its queries."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from fsim.evaluation.embed_in_parts import EmbedInParts
from fsim.evaluation.trained_run import TrainedRun
from fsim.images.image_cache import CachedImages
from fsim.interfaces import Catalog, Distance, Vectors
from fsim.runtime.processes import ALONE, Processes
from fsim.search.passport import Made, preprocessing
from fsim.search.picture import Picture
from fsim.search.reader import Reader
from fsim.store.run_folder import RunFolder

if TYPE_CHECKING:
    from fsim.images.resize import Pixels


class Embedder:
    """Embeds as the run's evaluation does.

    Args:
        folder: of the run.
        which: a checkpoint, as of `TrainedRun.open`.

    Raises:
        FsimError: there is no such checkpoint, or it does not fit the run's recipe.
    """

    def __init__(self, folder: RunFolder, which: str | None = None, processes: Processes = ALONE) -> None:
        self.trained = trained = TrainedRun.open(folder, which)
        self.network, self.processes = trained.network, processes
        self.reader = None if trained.network.text is None else Reader(trained.network.text)
        self.made = made_by(trained)

    @property
    def distance(self) -> Distance:
        return self.trained.distance

    def open_images(self, catalog: Catalog, progress: Callable[[int, int], None]) -> CachedImages:
        """The images of a catalog, decoded; any share of them may be damaged. Of several processes rank 0 decodes."""
        with self.processes.rank0_first():
            return self.trained.open_images(catalog, progress)

    def shared(self, images: CachedImages, progress: Callable[[int, int], None]) -> EmbedInParts:
        """What embeds the images of a catalog, by all processes."""
        return self.trained.embedder(images, self.processes, progress)

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
        return self.trained.prepare(picture.data, picture.box)

    def embed_pixels(self, pixels: Sequence[Pixels]) -> Vectors:
        """Q of [S, S, 3] -> [Q, D], by one forward pass."""
        return self.trained.embed_pixels(pixels)


def made_by(trained: TrainedRun) -> Made:
    """What an index says of the network that made its embeddings."""
    data = trained.recipe.data
    return Made(
        run=trained.folder.run_id(),
        run_name=trained.folder.name,
        checkpoint=trained.checkpoint.stem,
        weights=trained.weights,
        preprocessing=preprocessing(
            size=data.image_size,
            resize=data.resize,
            box=data.box,
            box_padding=data.box_padding,
            mean=list(data.mean),
            std=list(data.std),
            flip=trained.recipe.evaluation.flip,
        ),
        dimensions=trained.dimensions,
        distance=trained.distance,
        precision=trained.machine.precision,
    )
