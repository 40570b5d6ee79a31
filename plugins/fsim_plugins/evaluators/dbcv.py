"""How well the true labels part the embedding by density."""

from __future__ import annotations

import importlib
import math
import warnings
from collections.abc import Mapping
from typing import Annotated

import numpy as np
from pydantic import Field

from fsim.errors import FsimError
from fsim.functional.clusters.principal import principal_components
from fsim.functional.draws import keyed_generator
from fsim.functional.labels.subsets import labelled, numbered, stratified_subset
from fsim.interfaces import Direction, RetrievalTask

FEWEST = 3  # images of a label: of two, no tree has an inner node


class Dbcv:
    """Density-based clustering validation of the true labels (category or item, as the protocol says).

    Moulavi et al., "Density-based clustering validation", SIAM SDM 2014, by the package hdbscan. Unlike the silhouette
    it takes a cluster of any shape for a good one, as long as it is denser inside than towards the others.

        dbcv        sum over the labels of their share of the images times (s - p) / max(s, p), p the sparsest link
                    within a label and s the densest to another; -1 to 1, more is better
        num_images  images measured. Neither more nor fewer is better

    Distances are Euclidean, after scaling to length one where the head compares by cosine, on the leading principal
    components: its densities are distances to the power of their number, which leaves the range of floats for many.
    Images of unknown label are left out; those of a label of fewer than 3 images count in the shares alone, as noise
    does in the paper, and so do all but one of images that coincide within a label. It costs N^2 distances, so beyond
    `max_images` a fixed sample is measured, drawn by the recipe's seed, in which every label keeps its share; with more
    than max_images / 10 labels, whole labels are drawn instead.

    NaN: both where there are fewer than two labels of 3 images that lie apart, or an embedding is not finite.

    Args:
        dimensions: principal components, 1 or more.
        max_images: the most images, 10 or more.

    Raises:
        FsimError: hdbscan is missing.
    """

    def __init__(
        self,
        dimensions: Annotated[int, Field(ge=1)] = 10,
        max_images: Annotated[int, Field(ge=10)] = 5_000,
        seed: int = 0,
    ) -> None:
        try:
            self.validity = importlib.import_module("hdbscan.validity")
        except ImportError as error:
            raise FsimError(
                f"the evaluator dbcv needs the package hdbscan ({error}): pip install 'fsim[dbcv]'"
            ) from error
        self.dimensions = dimensions
        self.max_images = max_images
        self.seed = seed

    @property
    def directions(self) -> Mapping[str, Direction]:
        return {"dbcv": "max", "num_images": "max"}

    def __call__(self, task: RetrievalTask) -> dict[str, float]:
        undefined = dict.fromkeys(self.directions, math.nan)
        embedding, labels = labelled(task)  # [N, D], [N]
        rows = stratified_subset(labels.numpy(), self.max_images, keyed_generator(self.seed, "dbcv"))
        points, truth = embedding[rows].double(), numbered(labels[rows]).numpy()
        if len(rows) < 2 * FEWEST or not bool(points.isfinite().all()):
            return undefined
        leading = principal_components(points, self.dimensions).numpy()
        scale = float(np.sqrt(np.mean(leading**2))) if leading.size else 0.0
        if not scale > 0:
            return undefined
        leading = leading / scale  # the powers overflow for very small or large ones
        _, first = np.unique(np.c_[truth, leading.round(6)], axis=0, return_index=True)
        kept = np.zeros(len(truth), dtype=bool)
        kept[first] = True
        large = np.bincount(truth[kept], minlength=truth.max() + 1) >= FEWEST
        if large.sum() < 2:
            return undefined
        clusters = np.where(kept & large[truth], (np.cumsum(large) - 1)[truth], -1)
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            found = float(self.validity.validity_index(leading, clusters, d=leading.shape[1]))
        return {"dbcv": found if math.isfinite(found) else math.nan, "num_images": float(len(rows))}
