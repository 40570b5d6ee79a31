from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from sklearn import metrics

from fsim.interfaces import Embedded, RetrievalTask
from fsim.testing.evaluator_contract import EvaluatorContract, embedded
from fsim_plugins.evaluators.cluster_distance import ClusterDistance


class TestClusterDistance(EvaluatorContract):
    def make(self, seed: int) -> ClusterDistance:
        return ClusterDistance(seed=seed)


class TestOfASample(EvaluatorContract):
    def make(self, seed: int) -> ClusterDistance:
        return ClusterDistance(max_images=10, seed=seed)


def clouds(num_images: int, num_labels: int, seed: int = 0) -> Embedded:
    rng = np.random.default_rng(seed)
    labels = rng.permutation(np.arange(num_images) % num_labels)
    points = rng.normal(size=(num_labels, 6))[labels] + rng.normal(size=(num_images, 6))
    return embedded(points, labels.tolist(), labels.tolist())


def evaluate(images: Embedded, distance: str = "euclidean", **settings: int) -> dict[str, float]:
    return ClusterDistance(**settings)(RetrievalTask(images, images, "category", distance))


@pytest.mark.parametrize("distance", ["euclidean", "cosine"])
def test_equals_scikit_learn(distance: str) -> None:
    images = clouds(200, 5)
    points, labels = images.embedding.double().numpy(), images.categories.numpy()
    if distance == "cosine":
        points = points / np.linalg.norm(points, axis=1, keepdims=True)
    found = evaluate(images, distance)
    assert found["silhouette"] == pytest.approx(metrics.silhouette_score(points, labels), abs=1e-6)
    assert found["davies_bouldin"] == pytest.approx(metrics.davies_bouldin_score(points, labels), rel=1e-6)
    expected = metrics.calinski_harabasz_score(points, labels)
    assert found["calinski_harabasz"] == pytest.approx(expected, rel=1e-6)


def test_the_order_of_images_does_not_matter() -> None:
    images = clouds(120, 4)
    order = torch.randperm(120, generator=torch.Generator().manual_seed(0))
    shuffled = Embedded(
        images.embedding[order], images.categories[order], images.items[order], [images.names[i] for i in order]
    )
    assert evaluate(shuffled) == pytest.approx(evaluate(images), rel=1e-9)


def test_images_of_unknown_label_are_left_out() -> None:
    images = clouds(60, 3)
    known = Embedded(images.embedding[:50], images.categories[:50], images.items[:50], images.names[:50])
    images.categories[50:] = -1
    assert evaluate(images) == evaluate(known)


def test_a_sample_estimates_the_silhouette_and_changes_nothing_else() -> None:
    images = clouds(2000, 8)
    whole, sample = evaluate(images), evaluate(images, max_images=500)
    assert sample["silhouette"] != whole["silhouette"]
    assert sample["silhouette"] == pytest.approx(whole["silhouette"], abs=0.03)
    assert (sample.pop("silhouette_images"), whole.pop("silhouette_images")) == (500, 2000)
    assert {**sample, "silhouette": 0} == {**whole, "silhouette": 0}
    assert evaluate(images, max_images=500, seed=1)["silhouette"] != sample["silhouette"]


def test_clusters_that_lie_apart_are_better_by_every_measure() -> None:
    near = clouds(100, 4)
    centres = torch.randn(4, 6, generator=torch.Generator().manual_seed(1))[near.categories]
    far = embedded(near.embedding + 30 * centres, near.categories.tolist(), near.items.tolist())
    one, other = evaluate(far), evaluate(near)
    for name, direction in ClusterDistance().directions.items():
        if name == "silhouette_images":
            continue
        assert one[name] > other[name] if direction == "max" else one[name] < other[name]


@pytest.mark.parametrize(
    "images",
    [
        embedded(np.ones((6, 2)), [0, 0, 1, 1, 2, 2], [0] * 6),
        embedded(np.random.default_rng(0).random((6, 2)), [0] * 6, [0] * 6),
        embedded(np.random.default_rng(0).random((6, 2)), list(range(6)), [0] * 6),
        embedded(np.random.default_rng(0).random((6, 2)), [-1] * 6, [0] * 6),
        embedded(np.full((6, 2), np.nan), [0, 0, 1, 1, 2, 2], [0] * 6),
        embedded(np.zeros((0, 2)), [], []),
    ],
    ids=["collapsed", "one label", "every image its own", "no label", "not finite", "no image"],
)
def test_undefined(images: Embedded) -> None:
    assert all(math.isnan(value) for value in evaluate(images).values())
