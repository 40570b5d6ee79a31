from __future__ import annotations

from typing import get_args

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from fsim.interfaces import Distance, Evaluator, RetrievalTask
from fsim.testing.evaluator_contract import EvaluatorContract, embedded
from fsim_plugins.evaluators import reciprocal_encoding
from fsim_plugins.evaluators.exact import Exact
from fsim_plugins.evaluators.k_reciprocal import KReciprocal


class TestContract(EvaluatorContract):
    def make(self, seed: int) -> Evaluator:
        return KReciprocal()


class TestContractWithoutMap(EvaluatorContract):
    def make(self, seed: int) -> Evaluator:
        return KReciprocal((1, 2), k1=3, k2=1, original_weight=0, map=False)


def task(points: np.ndarray, gallery: np.ndarray | None, distance: Distance) -> RetrievalTask:
    labels = [row % 5 for row in range(max(len(points), 0 if gallery is None else len(gallery)))]
    query = embedded(points, labels[: len(points)], labels[: len(points)])
    if gallery is None:
        return RetrievalTask(query, query, "category", distance)
    others = embedded(gallery, labels[: len(gallery)], labels[: len(gallery)])
    return RetrievalTask(query, others, "category", distance)


def squared_distances(points: np.ndarray, distance: Distance) -> np.ndarray:
    """[N, N], each pair alone, so that duplicates have equal ones."""
    if distance == "cosine":
        lengths = np.array([np.sqrt(np.sum(point * point)) for point in points])
        points = points / np.where(lengths == 0, 1, lengths)[:, None]
        return np.array([[max(0.0, 2 - 2 * np.sum(a * b)) for b in points] for a in points])
    return np.array([[np.sum((a - b) ** 2) for b in points] for a in points])


def dense_re_ranking(one: RetrievalTask, k1: int, k2: int, original_weight: float) -> np.ndarray:
    """Final distances [Q, G] by the paper's algorithm on whole matrices of all images, in float64."""
    query, gallery = one.query.embedding.double().numpy(), one.gallery.embedding.double().numpy()
    points = query if one.leave_one_out else np.concatenate([query, gallery])
    num_all = len(points)
    original = squared_distances(points, one.distance)
    largest = original.max(axis=1, keepdims=True)
    original = original / np.where(largest == 0, 1, largest)
    first = original.copy()
    np.fill_diagonal(first, -1)  # an image stands before its duplicates
    rank = np.argsort(first, axis=1, kind="stable")

    def reciprocal(image: int, k: int) -> list[int]:
        return [other for other in rank[image, : k + 1] if image in rank[other, : k + 1]]

    encoding = np.zeros((num_all, num_all))
    for image in range(num_all):
        neighbours = reciprocal(image, k1)
        expanded = set(neighbours)
        for candidate in neighbours:
            of_candidate = reciprocal(candidate, int(np.around(k1 / 2)))
            if len(set(of_candidate) & set(neighbours)) > 2 / 3 * len(of_candidate):
                expanded |= set(of_candidate)
        columns = sorted(expanded)
        weights = np.exp(-original[image, columns])
        encoding[image, columns] = weights / weights.sum()
    if k2 != 1:
        encoding = np.stack([encoding[rank[image, :k2]].mean(axis=0) for image in range(num_all)])
    rows, columns = len(query), slice(0 if one.leave_one_out else len(query), None)
    smaller = np.minimum(encoding[:rows, None], encoding[None, columns]).sum(-1)
    larger = np.maximum(encoding[:rows, None], encoding[None, columns]).sum(-1)
    return (1 - smaller / larger) * (1 - original_weight) + original[:rows, columns] * original_weight


def check(one: RetrievalTask, k1: int, k2: int, original_weight: float) -> None:
    expected = -dense_re_ranking(one, k1, k2, original_weight)
    if one.leave_one_out:
        np.fill_diagonal(expected, -np.inf)
    blocks = [scores.clone() for _, scores in KReciprocal((1,), k1, k2, original_weight).scores(one)]
    np.testing.assert_allclose(torch.cat(blocks).numpy(), expected, rtol=0, atol=1e-6)


RNG = np.random.default_rng(0)
POINTS = (RNG.normal(size=(12, 6))[np.arange(90) % 12] + 0.6 * RNG.normal(size=(90, 6))).astype(np.float32)


@pytest.mark.parametrize("distance", get_args(Distance))
@pytest.mark.parametrize("leave_one_out", [True, False])
@pytest.mark.parametrize(("k1", "k2", "original_weight"), [(20, 6, 0.3), (5, 1, 0.0), (3, 9, 1.0), (1, 2, 0.5)])
def test_equals_the_dense_algorithm(
    distance: Distance, leave_one_out: bool, k1: int, k2: int, original_weight: float
) -> None:
    one = task(POINTS, None, distance) if leave_one_out else task(POINTS[:35], POINTS[35:], distance)
    check(one, k1, k2, original_weight)


@pytest.mark.parametrize("distance", get_args(Distance))
@pytest.mark.parametrize("num_images", [1, 2, 5, 20, 21, 22])
def test_fewer_images_than_neighbours(distance: Distance, num_images: int) -> None:
    check(task(POINTS[:num_images], None, distance), 20, 6, 0.3)
    check(task(POINTS[:num_images], POINTS[50:53], distance), 20, 6, 0.3)


@pytest.mark.parametrize("distance", get_args(Distance))
@pytest.mark.parametrize("leave_one_out", [True, False])
def test_duplicates(distance: Distance, leave_one_out: bool) -> None:
    points = POINTS[np.arange(60) // 3]
    check(task(points, None if leave_one_out else points[:31][::-1].copy(), distance), 7, 4, 0.3)


@settings(deadline=None, max_examples=15)
@given(
    st.lists(st.tuples(st.integers(-2, 2), st.integers(-2, 2)), min_size=1, max_size=25),
    st.integers(1, 9),
    st.integers(1, 5),
)
def test_any_points_of_a_grid(rows: list[tuple[int, int]], k1: int, k2: int) -> None:
    points = np.array(rows, np.float32)
    check(task(points, None, "euclidean"), k1, k2, 0.3)
    check(task(points[: len(rows) // 2 + 1], points[len(rows) // 2 :], "euclidean"), k1, k2, 0.3)


def test_small_blocks_give_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    one = task(POINTS[:35], POINTS[35:], "cosine")
    expected = KReciprocal()(one)
    monkeypatch.setattr(reciprocal_encoding, "ROWS_IN_MEMORY", 7)
    monkeypatch.setattr(reciprocal_encoding, "NUMBERS_IN_MEMORY", 30)
    assert KReciprocal()(one) == pytest.approx(expected, abs=1e-9)


def test_the_original_distance_alone_ranks_as_exact() -> None:
    one = task(POINTS, None, "euclidean")
    assert KReciprocal(original_weight=1)(one) == pytest.approx(Exact()(one), abs=1e-9)
