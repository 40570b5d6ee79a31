"""UMAP, by umap-learn."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from pydantic import Field

from fsim.functional.clusters.principal import compared, principal_plane, start_from, without_neighbourhoods
from fsim.interfaces import Distance, Vectors
from fsim_plugins.projections.packages import require

START = 5.0  # standard deviation of the first points: umap-learn's own starts are within -10..10


class Umap:
    """UMAP: near neighbours stay near, in tighter groups than t-SNE's. McInnes, Healy and Melville, arXiv 1802.03426;
    starting from the principal components, as Kobak and Linderman, "Initialization is critical for preserving global
    data structure in both t-SNE and UMAP", Nature Biotechnology 39, 2021, advise.

    Distances are Euclidean, after scaling to length one where embeddings are compared by cosine. Fewer than 10 images,
    and embeddings that are all the same, are drawn by their principal components. Runs on one thread, since only so
    does a seed give the same map again; the first use compiles for some seconds.

    Args:
        num_neighbours: how many count, 2 or more; the library's default is 15. At most N - 1 are used.
        min_distance: how close points may lie on the map, 0 to 1; the library's default is 0.1.

    Raises:
        FsimError: umap-learn is not installed.
    """

    def __init__(
        self,
        num_neighbours: Annotated[int, Field(ge=2)] = 15,
        min_distance: Annotated[float, Field(ge=0, le=1)] = 0.1,
        seed: int = 0,
    ) -> None:
        self.num_neighbours = num_neighbours
        self.min_distance = min_distance
        self.seed = seed % 2**31
        require("umap", "projection 'umap'", "pip install fsim[umap]")

    def __call__(self, embedding: Vectors, distance: Distance) -> Vectors:
        """Float32 [N, D] -> float32 [N, 2]."""
        points = compared(embedding, distance)
        start = principal_plane(points)
        if without_neighbourhoods(points):
            return start
        from umap import UMAP

        found = UMAP(
            n_neighbors=min(self.num_neighbours, len(points) - 1),
            min_dist=self.min_distance,
            init=start_from(start, START, self.seed),
            random_state=self.seed,
            n_jobs=1,
        ).fit_transform(points)
        return np.array(found, dtype=np.float32)
