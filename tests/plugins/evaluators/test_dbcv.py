from __future__ import annotations

import math
import sys

import numpy as np
import pytest

from fsim.errors import FsimError
from fsim.interfaces import Embedded, RetrievalTask
from fsim.testing.evaluator_contract import EvaluatorContract, embedded
from fsim_plugins.evaluators.dbcv import Dbcv


def evaluate(images: Embedded, **settings: int) -> dict[str, float]:
    return Dbcv(**settings)(RetrievalTask(images, images, "category", "euclidean"))


def test_without_hdbscan_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "hdbscan.validity", None)
    with pytest.raises(FsimError, match=r"pip install 'fsim\[dbcv\]'"):
        Dbcv()


class TestDbcv(EvaluatorContract):
    def make(self, seed: int) -> Dbcv:
        pytest.importorskip("hdbscan")
        return Dbcv(seed=seed)


def slow(points: np.ndarray, labels: np.ndarray) -> float:
    """The paper's definitions, with Prim's tree walked by hand."""
    dimensions = points.shape[1]
    cores, inner, sparseness = {}, {}, {}
    for label in np.unique(labels):
        own = points[labels == label]
        apart = np.linalg.norm(own[:, None] - own, axis=2)
        core = np.array([np.mean(row[row > 0] ** -float(dimensions)) ** (-1 / dimensions) for row in apart])
        reach = np.maximum(apart, np.maximum(core[:, None], core))
        edges, joined = [], [0]
        while len(joined) < len(own):
            rest = [place for place in range(len(own)) if place not in joined]
            weight, one, other = min((reach[a, b], a, b) for a in joined for b in rest)
            edges.append((weight, one, other))
            joined.append(other)
        degree = np.bincount([end for _, one, other in edges for end in (one, other)], minlength=len(own))
        within = [weight for weight, one, other in edges if degree[one] > 1 and degree[other] > 1]
        sparseness[label] = max(within or [weight for weight, _, _ in edges])
        cores[label], inner[label] = core, np.flatnonzero(degree > 1)
    total = 0.0
    for label in cores:
        ours = inner[label]
        to_others = []
        for other in cores:
            if other != label:
                theirs = inner[other]
                apart = np.linalg.norm(points[labels == label][ours][:, None] - points[labels == other][theirs], axis=2)
                reach = np.maximum(apart, np.maximum(cores[label][ours][:, None], cores[other][theirs]))
                to_others.append(reach.min())
        separation = min(to_others)
        value = (separation - sparseness[label]) / max(separation, sparseness[label])
        total += np.mean(labels == label) * value
    return total


@pytest.mark.parametrize("apart", [0.0, 1.0, 6.0])
def test_equals_the_definition(apart: float) -> None:
    pytest.importorskip("hdbscan")
    rng = np.random.default_rng(0)
    labels = np.arange(60) % 3
    points = apart * rng.normal(size=(3, 4))[labels] + rng.normal(size=(60, 4))
    images = embedded(points, labels.tolist(), labels.tolist())
    found = evaluate(images, dimensions=4)
    assert found["num_images"] == 60
    assert found["dbcv"] == pytest.approx(slow(images.embedding.double().numpy(), labels), abs=0.02)


def test_a_ring_around_a_cloud_is_a_good_cluster() -> None:
    pytest.importorskip("hdbscan")
    rng = np.random.default_rng(0)
    turns = np.linspace(0, 2 * np.pi, 200, endpoint=False)
    ring = 10 * np.c_[np.cos(turns), np.sin(turns)] + 0.05 * rng.normal(size=(200, 2))
    labels = [0] * 200 + [1] * 200
    assert evaluate(embedded(np.r_[ring, 0.5 * rng.normal(size=(200, 2))], labels, labels))["dbcv"] > 0.5


def test_images_of_small_labels_count_as_noise() -> None:
    pytest.importorskip("hdbscan")
    rng = np.random.default_rng(0)
    labels = [0] * 20 + [1] * 20
    points = np.r_[rng.normal(size=(20, 2)), rng.normal(size=(20, 2)) + 50]
    alone = evaluate(embedded(points, labels, labels))["dbcv"]
    more = evaluate(embedded(np.r_[points, points[:10] + 20], labels + list(range(2, 12)), [0] * 50))["dbcv"]
    assert 0.5 < more == pytest.approx(alone * 40 / 50, abs=0.02)


def test_a_sample_of_the_images() -> None:
    pytest.importorskip("hdbscan")
    rng = np.random.default_rng(0)
    labels = (np.arange(600) % 3).tolist()
    images = embedded(rng.normal(size=(600, 5)), labels, labels)
    one = evaluate(images, max_images=100)
    assert one == evaluate(images, max_images=100) and one["num_images"] == 100
    assert one != evaluate(images, max_images=100, seed=1)


def test_images_that_coincide() -> None:
    pytest.importorskip("hdbscan")
    labels = [0] * 6 + [1] * 6
    found = evaluate(embedded(np.repeat(np.eye(2), 6, axis=0), labels, labels))
    assert math.isnan(found["dbcv"])
