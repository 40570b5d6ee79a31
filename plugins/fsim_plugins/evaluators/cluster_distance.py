"""How well the true labels lie apart in the embedding."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Annotated

import torch
from pydantic import Field

from fsim.functional.clusters.separation_measures import calinski_harabasz, coincide, separation, silhouette, summarise
from fsim.functional.draws import keyed_generator
from fsim.functional.labels.subsets import labelled, numbered, stratified_subset
from fsim.interfaces import Direction, RetrievalTask


class ClusterDistance:
    """Takes the query images of each true label (category or item, as the protocol says) as a cluster, and
    measures how tight the clusters are and how far apart.

    Distances are Euclidean, after scaling to length one where the head compares by cosine. s(i) is the mean
    distance of the images of label i to their centroid, d(i, j) the distance of two centroids.

        silhouette         mean of (b - a) / max(a, b); a: mean distance to the other images of the label, b:
                           to those of the nearest other label; -1 to 1; 0 for the only image of a label.
                           Rousseeuw 1987
        davies_bouldin     mean over i of max over j of [s(i) + s(j)] / d(i, j); from 0, less is better.
                           Davies and Bouldin 1979
        calinski_harabasz  [between-cluster scatter / (K - 1)] / [within-cluster scatter / (N - K)]; from 0.
                           Calinski and Harabasz 1974
        intra_inter_ratio  mean distance of an image to its centroid / mean of d(i, j); from 0, less is better
        centroid_dunn      min d(i, j) / max 2 s(i); from 0. Dunn's index in the form with centroids, nu_43 of
                           Bezdek and Pal, "Some new indexes of cluster validity", 1998
        silhouette_images  images of which the silhouette was taken. Neither more nor fewer is better

    The first three equal scikit-learn's, save where that gives a number to 0 / 0. Images of unknown label are
    left out. Every metric is NaN where there are fewer than two labels, where every image has its own, or
    where the embedding has collapsed to one point; davies_bouldin also where two centroids coincide,
    calinski_harabasz and centroid_dunn where all images lie on their centroids.

    The silhouette costs N^2 distances, so beyond `max_images` it is taken from a fixed sample, drawn by the
    recipe's seed, in which every label keeps its share; silhouette_images says how large it was. With more than
    max_images / 10 labels whole labels are drawn instead; fewer rivals then make it larger, so compare it only
    at the same `max_images`. The other metrics use all images.

    Args:
        max_images: the most images for the silhouette, 10 or more.
    """

    def __init__(self, max_images: Annotated[int, Field(ge=10)] = 5_000, seed: int = 0) -> None:
        self.max_images = max_images
        self.seed = seed

    @property
    def directions(self) -> Mapping[str, Direction]:
        return {
            "silhouette": "max",
            "davies_bouldin": "min",
            "calinski_harabasz": "max",
            "intra_inter_ratio": "min",
            "centroid_dunn": "max",
            "silhouette_images": "max",
        }

    def __call__(self, task: RetrievalTask) -> dict[str, float]:
        points, labels = labelled(task)  # [N, D], [N]
        if not _defined(points, labels):
            return dict.fromkeys(self.directions, math.nan)
        groups = summarise(points, labels)
        apart = separation(groups)
        rng = keyed_generator(self.seed, "cluster_distance")
        rows = torch.from_numpy(stratified_subset(labels.numpy(), self.max_images, rng))
        return {
            "silhouette": _silhouette(points[rows], numbered(labels[rows])),
            "davies_bouldin": apart.davies_bouldin,
            "calinski_harabasz": calinski_harabasz(groups),
            "intra_inter_ratio": apart.intra_inter_ratio,
            "centroid_dunn": apart.centroid_dunn,
            "silhouette_images": float(len(rows)),
        }


def _silhouette(points: torch.Tensor, labels: torch.Tensor) -> float:
    return silhouette(points, labels) if _defined(points, labels) else math.nan


def _defined(points: torch.Tensor, labels: torch.Tensor) -> bool:
    num_labels = len(labels.unique())
    return 2 <= num_labels < len(labels) and bool(points.isfinite().all()) and not coincide(points)
