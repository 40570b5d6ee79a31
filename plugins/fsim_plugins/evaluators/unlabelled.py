"""What can be said of an embedding without labels."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Annotated

import numpy as np
import torch
from pydantic import Field
from torch import Tensor

from fsim.functional.clusters.principal import effective_rank, principal_components
from fsim.functional.clusters.separation_measures import coincide, silhouette
from fsim.functional.clusters.unlabelled_measures import alignment, cloud_to_uniform, hopkins, uniformity
from fsim.functional.draws import keyed_generator
from fsim.functional.labels.subsets import comparable, labelled, numbered
from fsim.interfaces import Direction, RetrievalTask
from fsim_plugins.scikit_learn import kmeans


class Unlabelled:
    """Measures the query images without their labels, but for `label_alignment`.

    Distances are Euclidean, after scaling to length one where the head compares by cosine.

        silhouette       of k-means, the best over the numbers of clusters tried; -1 to 1. Rousseeuw 1987
        num_clusters     the number of clusters that gave it. Neither more nor fewer is better; it stands
                         under `max` because every metric has a direction
        hopkins          do the images cluster at all: 0.5 for one round cloud, above 0.7 for clusters; 0 to
                         1. Hopkins and Skellam 1954; Cross and Jain 1982. On the leading principal
                         components, each mapped so that a normal distribution becomes the uniform one, whose
                         statistic is 0.5: plain, it calls every embedding clustered (0.97 and more for normal
                         noise)
        uniformity       log E exp(-2 |x - y|^2) over all pairs, embeddings scaled to length one; -8 to 0,
                         less is better: the embedding uses the whole sphere. Wang and Isola, ICML 2020
        label_alignment  E |x - y|^2 over pairs of the same true label, scaled to length one; 0 to 4, less is
                         better. Wang and Isola's other half: it must know which images belong together
        effective_rank   dimensions in use, 1 to D: exp of the entropy of the singular values; near 1 where an
                         embedding collapses. Roy and Vetterli 2007
        num_images       images of which all but label_alignment are taken. Neither more nor fewer is better

    That is a fixed sample of `max_images` images, drawn by the recipe's seed without a look at the labels. NaN:
    every metric where there are fewer than two images; all but uniformity and label_alignment where the
    embedding has collapsed to one point; silhouette and num_clusters where no number of clusters is smaller
    than that of images; label_alignment where no two images share a known label.

    Args:
        num_clusters: the numbers of clusters to try, each 2 or more.
        dimensions: principal components for hopkins, 1 or more.
        max_images: size of the sample, 10 or more.
    """

    NUM_PROBES = 500  # places and points from which hopkins measures

    def __init__(
        self,
        num_clusters: Annotated[Sequence[Annotated[int, Field(ge=2)]], Field(min_length=1)] = (2, 5, 10, 20, 50),
        dimensions: Annotated[int, Field(ge=1)] = 5,
        max_images: Annotated[int, Field(ge=10)] = 2_000,
        seed: int = 0,
    ) -> None:
        self.num_clusters = sorted(set(num_clusters))
        self.dimensions = dimensions
        self.max_images = max_images
        self.seed = seed

    @property
    def directions(self) -> Mapping[str, Direction]:
        return {
            "silhouette": "max",
            "num_clusters": "max",
            "hopkins": "max",
            "uniformity": "min",
            "label_alignment": "min",
            "effective_rank": "max",
            "num_images": "max",
        }

    def __call__(self, task: RetrievalTask) -> dict[str, float]:
        measures = dict.fromkeys(self.directions, math.nan)
        if not bool(task.query.embedding.isfinite().all()):
            return measures
        measures["label_alignment"] = alignment(*labelled(task))
        rng = keyed_generator(self.seed, "unlabelled")
        points = comparable(task)  # [N, D]
        if len(points) > self.max_images:
            points = points[np.sort(rng.choice(len(points), self.max_images, replace=False))]
        measures["num_images"] = float(len(points))
        measures["uniformity"] = uniformity(points)
        if len(points) < 2 or coincide(points):
            return measures
        leading = cloud_to_uniform(principal_components(points, self.dimensions))  # [N, d]
        measures["hopkins"] = hopkins(leading, self.NUM_PROBES, rng)
        measures["effective_rank"] = effective_rank(points)
        measures["silhouette"], measures["num_clusters"] = self._best_clusters(points)
        return measures

    def _best_clusters(self, points: Tensor) -> tuple[float, float]:
        """The largest silhouette and its number of clusters; of equal ones, the smallest number."""
        found: dict[float, float] = {}
        for num_clusters in (number for number in self.num_clusters if number < len(points)):
            clusters = numbered(torch.from_numpy(kmeans(points.double().numpy(), num_clusters, self.seed)))
            num_found = float(clusters.max() + 1)  # fewer than asked for where points coincide
            if 2 <= num_found < len(points):
                found.setdefault(silhouette(points, clusters), num_found)
        return max(found.items(), default=(math.nan, math.nan))
