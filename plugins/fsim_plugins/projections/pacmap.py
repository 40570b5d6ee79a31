"""PaCMAP, by the package of that name."""

from __future__ import annotations

import logging
from typing import Annotated

import numpy as np
from pydantic import Field

from fsim.functional.clusters.principal import compared, principal_plane, without_neighbourhoods
from fsim.interfaces import Distance, Vectors
from fsim_plugins.projections.packages import require


class Pacmap:
    """PaCMAP: keeps near neighbours near, and more of where groups lie to each other than t-SNE and UMAP. Wang, Huang,
    Rudin and Shaposhnik, "Understanding how dimension reduction tools work", JMLR 22(201), 2021.

    Distances are Euclidean, after scaling to length one where embeddings are compared by cosine. Fewer than 10 images,
    and embeddings that are all the same, are drawn by their principal components. The first use compiles for some
    seconds.

    Args:
        num_neighbours: how many count, 1 or more; the paper's default is 10. Fewer are used where N is small.
        mid_near: pairs at a middle distance, as a share of the neighbours; 0 or more, 0.5 in the paper.
        further: pairs far apart, as a share of the neighbours; more than 0, 2 in the paper.

    Raises:
        FsimError: pacmap is not installed.
    """

    def __init__(
        self,
        num_neighbours: Annotated[int, Field(ge=1)] = 10,
        mid_near: Annotated[float, Field(ge=0)] = 0.5,
        further: Annotated[float, Field(gt=0)] = 2.0,
        seed: int = 0,
    ) -> None:
        self.num_neighbours = num_neighbours
        self.mid_near = mid_near
        self.further = further
        self.seed = seed % 2**31
        require("pacmap", "projection 'pacmap'", "pip install fsim[pacmap]")

    def __call__(self, embedding: Vectors, distance: Distance) -> Vectors:
        """Float32 [N, D] -> float32 [N, 2]."""
        points = compared(embedding, distance)
        if without_neighbourhoods(points):
            return principal_plane(points)
        from pacmap import PaCMAP

        logging.getLogger("pacmap").setLevel(logging.ERROR)  # it warns of every seed
        # With more pairs than points it fails; its own reduction leaves none of some kind.
        most = (len(points) - 1) / (1 + self.mid_near + self.further)
        found = PaCMAP(
            n_neighbors=max(1, min(self.num_neighbours, int(most))),
            MN_ratio=self.mid_near,
            FP_ratio=self.further,
            random_state=self.seed,
            knn_backend="annoy",  # its faiss builds another graph each time
        ).fit_transform(points, init="pca")
        return np.array(found, dtype=np.float32)
