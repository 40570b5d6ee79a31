"""The network of a run, to embed the images of an index and its queries.

Shape legend: Q queries, S image size, D embedding.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from fsim.evaluation.parallel_embedder import ParallelEmbedder
from fsim.evaluation.trained_run import TrainedRun
from fsim.images.image_cache import CachedImages
from fsim.interfaces import Catalog, Distance, Vectors
from fsim.runtime.processes import ALONE, Processes
from fsim.search.passport import EmbeddingSource
from fsim.search.query_embedder import TextEmbedder

if TYPE_CHECKING:
    from fsim.images.resample import Pixels
    from fsim.images.resize import Box


class RunEmbedder:
    """Embeds pictures and texts by a trained run, as its evaluation does."""

    def __init__(self, trained: TrainedRun, processes: Processes = ALONE) -> None:
        self.trained, self.network, self.processes = trained, trained.network, processes
        self.text_embedder = None if trained.network.text is None else TextEmbedder(trained.network.text)
        self.source = EmbeddingSource(
            run=trained.folder.run_id(),
            run_name=trained.folder.name,
            checkpoint=trained.checkpoint.stem,
            weights=trained.weights,
            preparation=trained.preparation,
            dimensions=trained.dimensions,
            distance=trained.distance,
            precision=trained.machine.precision,
        )

    @property
    def distance(self) -> Distance:
        return self.trained.distance

    def open_images(self, catalog: Catalog, progress: Callable[[int, int], None]) -> CachedImages:
        """Decode the images of a catalog; any share of them may be damaged. Of several processes rank 0 decodes."""
        with self.processes.rank0_first():
            return self.trained.open_images(catalog, progress)

    def embed_in_parts(self, images: CachedImages, progress: Callable[[int, int], None]) -> ParallelEmbedder:
        """Return what embeds the images of a catalog, by all processes."""
        return self.trained.embedder(images, self.processes, progress)

    def prepare(self, data: bytes, box: Box | None = None) -> Pixels:
        return self.trained.prepare(data, box)

    def embed_pixels(self, pixels: Sequence[Pixels]) -> Vectors:
        return self.trained.embed_pixels(pixels)
