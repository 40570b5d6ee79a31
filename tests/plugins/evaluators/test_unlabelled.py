from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from sklearn import metrics
from sklearn.cluster import KMeans

from fsim.interfaces import Embedded, RetrievalTask
from fsim.testing.evaluator_contract import EvaluatorContract, embedded
from fsim_plugins.evaluators.unlabelled import Unlabelled


class TestUnlabelled(EvaluatorContract):
    def make(self, seed: int) -> Unlabelled:
        return Unlabelled(seed=seed)


class TestOfASample(EvaluatorContract):
    def make(self, seed: int) -> Unlabelled:
        return Unlabelled(num_clusters=[2, 3], max_images=10, seed=seed)


def clouds(num_images: int, num_labels: int, apart: float, dimensions: int = 16) -> Embedded:
    rng = np.random.default_rng(0)
    labels = rng.permutation(np.arange(num_images) % num_labels)
    centres = apart * rng.normal(size=(num_labels, dimensions))
    points = centres[labels] + rng.normal(size=(num_images, dimensions))
    return embedded(points, labels.tolist(), labels.tolist())


def evaluate(images: Embedded, distance: str = "euclidean", **settings: object) -> dict[str, float]:
    return Unlabelled(**settings)(RetrievalTask(images, images, "category", distance))


def test_finds_the_number_of_clusters() -> None:
    found = evaluate(clouds(300, 10, apart=5))
    assert found["num_clusters"] == 10
    assert found["silhouette"] > 0.6
    assert found["hopkins"] > 0.9


def test_noise_has_no_clusters() -> None:
    found = evaluate(clouds(1000, 10, apart=0))
    assert found["silhouette"] < 0.1
    assert found["hopkins"] == pytest.approx(0.5, abs=0.1)
    assert found["effective_rank"] > 15


def test_silhouette_equals_scikit_learn() -> None:
    images = clouds(200, 4, apart=1)
    points = images.embedding.double().numpy()
    scores = {
        number: metrics.silhouette_score(points, KMeans(number, n_init=3, random_state=7).fit_predict(points))
        for number in (3, 4, 6)
    }
    found = evaluate(images, num_clusters=[6, 3, 4], seed=7)
    assert found["silhouette"] == pytest.approx(max(scores.values()), abs=1e-6)
    assert found["num_clusters"] == max(scores, key=scores.__getitem__)


@pytest.mark.parametrize("distance", ["euclidean", "cosine"])
def test_labels_change_nothing_but_the_alignment(distance: str) -> None:
    images = clouds(100, 4, apart=1)
    order = torch.randperm(100, generator=torch.Generator().manual_seed(0))
    mixed = Embedded(images.embedding, images.categories[order], images.items[order], images.names)
    one, other = evaluate(images, distance), evaluate(mixed, distance)
    assert one.pop("label_alignment") < other.pop("label_alignment")
    assert one == other


def test_cosine_ignores_lengths() -> None:
    images = clouds(100, 4, apart=1)
    labels = images.categories.tolist()
    stretched = embedded(images.embedding * torch.linspace(1, 9, 100)[:, None], labels, labels)
    assert evaluate(stretched, "cosine") == pytest.approx(evaluate(images, "cosine"), abs=1e-4)


def test_a_sample_of_the_images() -> None:
    images = clouds(1000, 5, apart=2)
    one, other = evaluate(images, max_images=300), evaluate(images, max_images=300, seed=1)
    assert one["uniformity"] != other["uniformity"]
    assert one["num_images"] == 300
    assert one["label_alignment"] == other["label_alignment"]
    assert one["uniformity"] == pytest.approx(evaluate(images)["uniformity"], abs=0.1)


def test_fewer_distinct_images_than_clusters() -> None:
    images = embedded(np.eye(3)[np.arange(30) % 3], [0] * 30, [0] * 30)
    found = evaluate(images, num_clusters=[10])
    assert found["num_clusters"] == 3
    assert found["silhouette"] == pytest.approx(1)


def test_a_collapsed_embedding() -> None:
    found = evaluate(embedded(np.ones((20, 4)), [0, 1] * 10, [0, 1] * 10))
    assert found.pop("uniformity") == pytest.approx(0, abs=1e-6)
    assert found.pop("label_alignment") == pytest.approx(0, abs=1e-6)
    assert found.pop("num_images") == 20
    assert all(math.isnan(value) for value in found.values())


@pytest.mark.parametrize(
    "images",
    [
        embedded(np.ones((1, 2)), [0], [0]),
        embedded(np.zeros((0, 2)), [], []),
        embedded(np.full((6, 2), np.nan), [0] * 6, [0] * 6),
    ],
    ids=["one image", "no image", "not finite"],
)
def test_undefined(images: Embedded) -> None:
    measures = evaluate(images)
    assert all(math.isnan(value) for name, value in measures.items() if not name.endswith("_images"))
