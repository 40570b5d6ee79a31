"""What classical clusterings find of the true labels."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from fsim.functional.clusters.principal import principal_components
from fsim.functional.clusters.separation_measures import coincide
from fsim.functional.draws import keyed_generator
from fsim.functional.labels.subsets import labelled, stratified_subset
from fsim.interfaces import Direction, RetrievalTask
from fsim_plugins.scikit_learn import (
    NOISE,
    FloatArray,
    IntArray,
    gaussian_mixture,
    hdbscan,
    kmeans,
    ward,
)

Method = Literal["kmeans", "ward", "gaussian_mixture", "hdbscan"]


class Clustering:
    """Clusters the query images without their labels, and compares the clusters with the labels (category or
    item, as the protocol says).

    Distances are Euclidean, after scaling to length one where the head compares by cosine. For each method:

        <method>/ami        adjusted mutual information: 1 for equal partitions, 0 for what chance gives. The
                            one to trust, whatever the number of clusters. Vinh et al. 2010
        <method>/nmi        mutual information / mean of the two entropies; 0 to 1; grows with the number of
                            clusters
        <method>/ari        adjusted Rand index: pairs of images on which both agree, less chance; -0.5 to 1.
                            Hubert and Arabie 1985
        <method>/v_measure  harmonic mean of homogeneity and completeness; the same number as nmi.
                            Rosenberg and Hirschberg 2007
        hdbscan/noise       fraction of the images that HDBSCAN puts in no cluster; less is better. In the
                            measures above each of them is a cluster of its own, so noise gains nothing
        num_images          images clustered. Neither more nor fewer is better

    kmeans: Lloyd's, the best of 3 starts. ward: agglomerative. gaussian_mixture: diagonal covariances.
    hdbscan: finds the number of clusters itself. The last two see the leading principal components only: in
    more dimensions a mixture has too many parameters, and densities mean little.

    Images of unknown label are left out. Ward and HDBSCAN take N^2 memory, so beyond `max_images` a fixed
    sample, drawn by the recipe's seed, is clustered, in which every label keeps its share; with more than
    max_images / 10 labels, whole labels are drawn instead. Every metric is NaN where there are fewer than two
    labels, where every image has its own, where there are fewer images than clusters, or where the embedding
    has collapsed to one point.

    Args:
        methods: any of `kmeans`, `ward`, `gaussian_mixture`, `hdbscan`.
        num_clusters: 2 or more; by default the number of labels in the sample. HDBSCAN does not use it.
        min_cluster_size: of HDBSCAN, images, 2 or more.
        dimensions: principal components for gaussian_mixture and hdbscan, 1 or more.
        max_images: the most images to cluster, 10 or more.
    """

    def __init__(
        self,
        methods: Annotated[Sequence[Method], Field(min_length=1)] = (
            "kmeans",
            "ward",
            "gaussian_mixture",
            "hdbscan",
        ),
        num_clusters: Annotated[int, Field(ge=2)] | None = None,
        min_cluster_size: Annotated[int, Field(ge=2)] = 5,
        dimensions: Annotated[int, Field(ge=1)] = 32,
        max_images: Annotated[int, Field(ge=10)] = 2_000,
        seed: int = 0,
    ) -> None:
        self.methods = tuple(dict.fromkeys(methods))
        self.num_clusters = num_clusters
        self.min_cluster_size = min_cluster_size
        self.dimensions = dimensions
        self.max_images = max_images
        self.seed = seed

    @property
    def directions(self) -> Mapping[str, Direction]:
        directions: dict[str, Direction] = {}
        for method in self.methods:
            directions |= {f"{method}/{measure}": "max" for measure in ("ami", "nmi", "ari", "v_measure")}
        return directions | ({"hdbscan/noise": "min"} if "hdbscan" in self.methods else {}) | {"num_images": "max"}

    def __call__(self, task: RetrievalTask) -> dict[str, float]:
        embedding, labels = labelled(task)  # [N, D], [N]
        rows = stratified_subset(labels.numpy(), self.max_images, keyed_generator(self.seed, "clustering"))
        points, truth = embedding[rows].double(), labels.numpy()[rows]
        num_labels = len(np.unique(truth))
        wanted = self.num_clusters or num_labels
        finite = bool(points.isfinite().all())
        if not (2 <= num_labels < len(truth) and wanted <= len(truth) and finite) or coincide(points):
            return dict.fromkeys(self.directions, math.nan)
        points = (points - points.mean(0)) / points.std()  # a mixture adds a fixed 1e-6 to its variances
        leading = principal_components(points, self.dimensions).numpy()

        measures = {"num_images": float(len(rows))}
        for method in self.methods:
            found = self._cluster(method, points.numpy(), leading, wanted)
            if method == "hdbscan":
                measures["hdbscan/noise"] = float(np.mean(found == NOISE))
                found = np.where(found == NOISE, len(found) + np.arange(len(found)), found)
            measures |= {f"{method}/{name}": value for name, value in _agreement(truth, found).items()}
        return measures

    def _cluster(self, method: Method, points: FloatArray, leading: FloatArray, num_clusters: int) -> IntArray:
        if method == "kmeans":
            return kmeans(points, num_clusters, self.seed)
        if method == "ward":
            return ward(points, num_clusters)
        if method == "gaussian_mixture":
            return gaussian_mixture(leading, num_clusters, self.seed)
        return hdbscan(leading, self.min_cluster_size)


def _agreement(truth: IntArray, found: IntArray) -> dict[str, float]:
    from sklearn import metrics

    return {
        "ami": float(metrics.adjusted_mutual_info_score(truth, found)),
        "nmi": float(metrics.normalized_mutual_info_score(truth, found)),
        "ari": float(metrics.adjusted_rand_score(truth, found)),
        "v_measure": float(metrics.v_measure_score(truth, found)),
    }
