"""An exported network as what makes the embeddings of queries: torch is not imported."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from fsim.export.onnx_network import OnnxNetwork
from fsim.interfaces import Distance, Vectors
from fsim.search.passport import Made, preprocessing
from fsim.search.picture import Picture
from fsim.search.reader import Reader


class OnnxEmbedder:
    """What `fsim export RUN --to onnx` wrote, in the place of the run's network.

    Raises:
        FsimError: there is no such export, or onnxruntime is not installed or refuses it.
    """

    reader: Reader | None = None  # an export takes pictures alone

    def __init__(self, folder: Path) -> None:
        self.network = OnnxNetwork(folder)
        about = self.network.about
        image, numbers, run = about["image"], about["normalisation"], about["run"]
        self.made = Made(
            run=run["id"],
            run_name=run["name"],
            checkpoint=run["checkpoint"],
            weights=run["weights"],
            preprocessing=preprocessing(
                **{name: image[name] for name in ("size", "resize", "box", "box_padding")},
                **{name: numbers[name] for name in ("mean", "std")},
                flip=about["flip"]["mean_with_mirror_image"],
            ),
            dimensions=self.network.embedding_dim,
            distance=self.network.distance,
            precision=about["precision"],
        )

    @property
    def distance(self) -> Distance:
        return self.network.distance

    def embed(self, pictures: Sequence[Picture]) -> Vectors:
        """Pictures -> [Q, D], prepared as the run's images are.

        Raises:
            DamagedImageError: one can't be decoded, or its box holds nothing of it.
        """
        return self.network.embed(np.stack([self.network.image(one.data, one.box) for one in pictures]))
