from __future__ import annotations

import math

import numpy as np
import pytest
from sklearn import metrics
from sklearn.cluster import AgglomerativeClustering

from fsim.interfaces import Embedded, RetrievalTask
from fsim.testing.evaluator_contract import EvaluatorContract, embedded
from fsim_plugins.evaluators.clustering import Clustering


class TestClustering(EvaluatorContract):
    def make(self, seed: int) -> Clustering:
        return Clustering(seed=seed)


def clouds(num_images: int, num_labels: int, apart: float, dimensions: int = 8) -> Embedded:
    rng = np.random.default_rng(0)
    labels = np.arange(num_images) % num_labels
    centres = apart * rng.normal(size=(num_labels, dimensions))
    points = centres[labels] + rng.normal(size=(num_images, dimensions))
    return embedded(points, labels.tolist(), labels.tolist())


def evaluate(images: Embedded, **settings: object) -> dict[str, float]:
    return Clustering(**settings)(RetrievalTask(images, images, "category", "euclidean"))


def test_clusters_that_lie_apart_are_found_by_every_method() -> None:
    found = evaluate(clouds(120, 4, apart=20))
    assert found.pop("hdbscan/noise") == pytest.approx(0, abs=0.05)
    assert found.pop("num_images") == 120
    assert len(found) == 16
    assert all(value == pytest.approx(1, abs=0.05) for value in found.values())


def test_noise_tells_nothing_of_the_labels() -> None:
    found = evaluate(clouds(300, 4, apart=0))
    for method in ("kmeans", "ward", "gaussian_mixture", "hdbscan"):
        assert found[f"{method}/ami"] == pytest.approx(0, abs=0.05)
        assert found[f"{method}/ari"] == pytest.approx(0, abs=0.05)


def test_equals_scikit_learn() -> None:
    images = clouds(90, 3, apart=0.7)
    points, labels = images.embedding.double().numpy(), images.categories.numpy()
    clusters = AgglomerativeClustering(3, linkage="ward").fit_predict(points)
    assert evaluate(images, methods=["ward"]) == pytest.approx(
        {
            "ward/ami": metrics.adjusted_mutual_info_score(labels, clusters),
            "ward/nmi": metrics.normalized_mutual_info_score(labels, clusters),
            "ward/ari": metrics.adjusted_rand_score(labels, clusters),
            "ward/v_measure": metrics.v_measure_score(labels, clusters),
            "num_images": 90,
        }
    )


def test_noise_of_hdbscan_counts_as_clusters_of_one_image() -> None:
    """8 images in two clusters and 4 far out: 6 clusters against 2 labels."""
    rng = np.random.default_rng(0)
    points = np.r_[rng.normal(size=(4, 2)) * 0.01, rng.normal(size=(4, 2)) * 0.01 + 5]
    far = np.array([[100.0, 0], [0, 200], [-300, 0], [0, -400]])
    labels = [0] * 4 + [1] * 4 + [0, 0, 1, 1]
    found = evaluate(embedded(np.r_[points, far], labels, labels), methods=["hdbscan"], min_cluster_size=3)
    expected = [0] * 4 + [1] * 4 + [2, 3, 4, 5]
    assert found["hdbscan/noise"] == pytest.approx(4 / 12)
    assert found["hdbscan/ari"] == pytest.approx(metrics.adjusted_rand_score(labels, expected))
    assert found["hdbscan/nmi"] == pytest.approx(metrics.normalized_mutual_info_score(labels, expected))


def test_the_scale_of_the_embedding_does_not_matter() -> None:
    images = clouds(90, 3, apart=0.7)
    labels = images.categories.tolist()
    for scale in (1e-6, 1e6):
        scaled = embedded(images.embedding * scale, labels, labels)
        assert evaluate(scaled) == pytest.approx(evaluate(images), abs=1e-9)


def test_num_clusters() -> None:
    images = clouds(60, 3, apart=20)
    assert evaluate(images, methods=["kmeans"], num_clusters=3)["kmeans/ari"] == 1
    assert evaluate(images, methods=["kmeans"], num_clusters=6)["kmeans/ari"] < 1
    assert math.isnan(evaluate(images, methods=["kmeans"], num_clusters=61)["kmeans/ari"])


def test_a_sample_of_the_images() -> None:
    images = clouds(600, 3, apart=0.7)
    settings = {"methods": ["kmeans", "ward"], "max_images": 200}
    one, again = evaluate(images, **settings), evaluate(images, **settings)
    assert one == again
    assert one["num_images"] == 200
    assert one["ward/ami"] != evaluate(images, **settings, seed=1)["ward/ami"]


def test_only_the_methods_asked_for() -> None:
    assert set(Clustering(methods=["ward", "ward"]).directions) == {
        "ward/ami",
        "ward/nmi",
        "ward/ari",
        "ward/v_measure",
        "num_images",
    }


@pytest.mark.parametrize(
    "images",
    [
        embedded(np.ones((6, 2)), [0, 0, 1, 1, 2, 2], [0] * 6),
        embedded(np.random.default_rng(0).random((6, 2)), [0] * 6, [0] * 6),
        embedded(np.random.default_rng(0).random((6, 2)), [-1] * 6, [0] * 6),
        embedded(np.full((6, 2), np.inf), [0, 0, 1, 1, 2, 2], [0] * 6),
        embedded(np.zeros((0, 2)), [], []),
    ],
    ids=["collapsed", "one label", "no label", "not finite", "no image"],
)
def test_undefined(images: Embedded) -> None:
    assert all(math.isnan(value) for value in evaluate(images).values())
