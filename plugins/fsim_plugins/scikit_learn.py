"""Classical clusterings, by scikit-learn: points [N, D] -> the cluster of each, int64 [N].

Each is a function of its arguments alone, runs on one thread (sums of several threads differ in the last
digits), and says nothing. scikit-learn takes a second to import, so only a call imports it.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from fsim.interfaces import FloatArray, IntArray

NOISE = -1


@contextmanager
def _alone_and_silent() -> Iterator[None]:
    from sklearn.exceptions import ConvergenceWarning
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1), warnings.catch_warnings():
        # fewer distinct points than clusters, or no convergence: the measures of the result show it
        warnings.simplefilter("ignore", ConvergenceWarning)
        yield


def kmeans(points: FloatArray, num_clusters: int, seed: int) -> IntArray:
    """Lloyd's k-means from three k-means++ starts, of which the best is kept."""
    from sklearn.cluster import KMeans

    with _alone_and_silent():
        found = KMeans(num_clusters, n_init=3, random_state=_state(seed)).fit_predict(points)
    return found.astype(np.int64)


def ward(points: FloatArray, num_clusters: int) -> IntArray:
    """Agglomerative clustering that joins the two clusters whose union adds least to the squared error.
    Takes N^2 memory."""
    from sklearn.cluster import AgglomerativeClustering

    with _alone_and_silent():
        return AgglomerativeClustering(num_clusters, linkage="ward").fit_predict(points).astype(np.int64)


def gaussian_mixture(points: FloatArray, num_clusters: int, seed: int) -> IntArray:
    """The likeliest component of a mixture of Gaussians with diagonal covariances, fitted by
    expectation-maximisation from k-means."""
    from sklearn.mixture import GaussianMixture

    with _alone_and_silent():
        mixture = GaussianMixture(num_clusters, covariance_type="diag", random_state=_state(seed))
        return mixture.fit_predict(points).astype(np.int64)


def hdbscan(points: FloatArray, min_cluster_size: int) -> IntArray:
    """HDBSCAN, which finds the number of clusters itself; `NOISE` for points of no cluster.
    Takes N^2 memory."""
    from sklearn.cluster import HDBSCAN

    if len(points) <= min_cluster_size:
        return np.full(len(points), NOISE)
    with _alone_and_silent():
        # the trees are slower than brute force beyond 20 dimensions or so
        found = HDBSCAN(min_cluster_size, algorithm="brute", copy=True).fit_predict(points)
    return found.astype(np.int64)


def _state(seed: int) -> int:
    return seed % 2**32  # scikit-learn takes no larger seed
