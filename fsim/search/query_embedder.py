"""What embeds queries: a trained run, or its export to ONNX, by one interface. Nothing here imports torch.

Shape legend: Q queries, S image size, D embedding.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np

from fsim.export.onnx_network import OnnxNetwork
from fsim.interfaces import Distance, Vectors
from fsim.search.passport import EmbeddingSource

if TYPE_CHECKING:
    from fsim.evaluation.trained_run import TrainedRun
    from fsim.images.resample import Pixels
    from fsim.images.resize import Box
    from fsim.model.text_tower import TextTower


class QueryEmbedder(Protocol):
    """A network that embeds pictures, and texts where it reads.

    source         which network it is, and how pictures are prepared for it
    text_embedder  None where the network does not read
    text_refusal   what to say to a user who searches by words nevertheless
    """

    source: EmbeddingSource
    text_embedder: TextEmbedder | None
    text_refusal: str

    @property
    def distance(self) -> Distance:
        """How the embeddings are compared."""
        ...

    def prepare(self, data: bytes, box: Box | None = None) -> Pixels:
        """Decode the bytes of an image file -> [S, S, 3], prepared as the images of an index are.

        Args:
            box: the part of the upright picture to look at, in its pixels.

        Raises:
            DamagedImageError: it can't be decoded, or its box holds nothing of it.
        """
        ...

    def embed_pixels(self, pixels: Sequence[Pixels]) -> Vectors:
        """Embed Q prepared pictures [S, S, 3] -> [Q, D], by one forward pass."""
        ...


class TextEmbedder:
    """Embeds texts into the space of the images."""

    def __init__(self, tower: TextTower) -> None:
        self.tower = tower

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Embed Q texts -> [Q, D], by one forward pass."""
        vectors: Vectors = self.tower.embed(texts).numpy()
        return vectors

    def unknown_words(self, text: str) -> list[str]:
        """Return the words of a text that the network did not learn; none where its encoder has words of its own.

        Raises:
            FsimError: it learned none of them.
        """
        vocabulary = self.tower.vocabulary
        if vocabulary is None:
            return []
        vocabulary.reject_unknown(text)
        return vocabulary.unknown(text)


class RunEmbedder:
    """Embeds pictures and texts by a trained run, as its evaluation does."""

    def __init__(self, trained: TrainedRun) -> None:
        self.trained = trained
        self.text_embedder = None if trained.network.text is None else TextEmbedder(trained.network.text)
        self.text_refusal = (
            f"the network of {trained.folder.name} does not read: train one with model.text_encoder "
            f"(recipes/clip_small.yaml), or search by a picture"
        )
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

    def prepare(self, data: bytes, box: Box | None = None) -> Pixels:
        return self.trained.prepare(data, box)

    def embed_pixels(self, pixels: Sequence[Pixels]) -> Vectors:
        return self.trained.embed_pixels(pixels)


class OnnxEmbedder:
    """Embeds pictures by an export, in place of the run that it was made of.

    Raises:
        FsimError: there is no such export, or onnxruntime is not installed or refuses it.
    """

    text_embedder: TextEmbedder | None = None  # an export takes pictures alone

    def __init__(self, folder: Path) -> None:
        self.network = OnnxNetwork(folder)
        self.text_refusal = f"{folder} embeds only pictures: to search by words use the run, without --network"
        about = self.network.about
        run = about["run"]
        self.source = EmbeddingSource(
            run=run["id"],
            run_name=run["name"],
            checkpoint=run["checkpoint"],
            weights=run["weights"],
            preparation=self.network.preparation,
            dimensions=self.network.dimensions,
            distance=self.network.distance,
            precision=about["precision"],
        )

    @property
    def distance(self) -> Distance:
        return self.network.distance

    def prepare(self, data: bytes, box: Box | None = None) -> Pixels:
        return self.network.image(data, box)

    def embed_pixels(self, pixels: Sequence[Pixels]) -> Vectors:
        return self.network.embed(np.stack(pixels))
