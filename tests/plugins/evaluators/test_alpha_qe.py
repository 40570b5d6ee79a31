from __future__ import annotations

import math
from typing import get_args

import numpy as np
import pytest
import torch

from fsim.interfaces import Distance, Evaluator, RetrievalTask
from fsim.testing.evaluator_contract import EvaluatorContract, embedded
from fsim_plugins.evaluators.alpha_qe import AlphaQe
from fsim_plugins.evaluators.exact import Exact


class TestContract(EvaluatorContract):
    def make(self, seed: int) -> Evaluator:
        return AlphaQe()


class TestContractWithoutMap(EvaluatorContract):
    def make(self, seed: int) -> Evaluator:
        return AlphaQe((1, 2), neighbours=3, map=False)


RNG = np.random.default_rng(0)
LABELS = RNG.integers(0, 5, 40).tolist()
POINTS = RNG.normal(size=(40, 4)) + np.eye(5, 4)[LABELS]
K = (1, 3, 10)


def task(distance: Distance, leave_one_out: bool, points: np.ndarray = POINTS) -> RetrievalTask:
    query = embedded(points, LABELS, LABELS)
    gallery = query if leave_one_out else embedded(points[::-1][:30] + 0.1, LABELS[:30], LABELS[:30], "gallery")
    return RetrievalTask(query, gallery, "category", distance)


def cosine(a: np.ndarray, b: np.ndarray) -> float:
    lengths = math.sqrt(a @ a) * math.sqrt(b @ b)
    return float(a @ b) / lengths if lengths else 0.0


def nearness(a: np.ndarray, b: np.ndarray, distance: Distance) -> float:
    return cosine(a, b) if distance == "cosine" else -math.sqrt((a - b) @ (a - b))


def slow_expansion(one: RetrievalTask, neighbours: int, alpha: float) -> list[list[float]]:
    """How near each query's expansion is to each gallery vector, itself -inf."""
    query, gallery = one.query.embedding.double().numpy(), one.gallery.embedding.double().numpy()
    rows = []
    for number, q in enumerate(query):
        others = [g for g in range(len(gallery)) if not (one.leave_one_out and g == number)]
        near = {g: nearness(q, gallery[g], one.distance) for g in others}
        total, weights = q.copy(), 1.0
        if one.distance == "cosine":
            total /= math.sqrt(q @ q) or 1
        for g in sorted(others, key=lambda g, near=near: (-near[g], g))[:neighbours]:
            weight = cosine(q, gallery[g]) ** alpha if cosine(q, gallery[g]) > 0 else 0.0
            length = math.sqrt(gallery[g] @ gallery[g]) or 1
            total += weight * gallery[g] / (length if one.distance == "cosine" else 1)
            weights += weight
        expansion = total / weights
        rows.append(
            [nearness(expansion, gallery[g], one.distance) if g in others else -math.inf for g in range(len(gallery))]
        )
    return rows


def slow_map(one: RetrievalTask, rows: list[list[float]]) -> tuple[float, float]:
    """MAP@R and mean average precision, by walking down the answers."""
    at_r, whole = [], []
    for label, scores in zip(one.query_labels.tolist(), rows, strict=True):
        order = sorted((-score, g) for g, score in enumerate(scores) if score > -math.inf)
        hits = [int(one.gallery_labels[g] == label) for _, g in order]
        relevant = sum(hits)
        if relevant:
            precision = [sum(hits[: place + 1]) / (place + 1) * hit for place, hit in enumerate(hits)]
            at_r.append(sum(precision[:relevant]) / relevant)
            whole.append(sum(precision) / relevant)
    return float(np.mean(at_r)), float(np.mean(whole))


@pytest.mark.parametrize("distance", get_args(Distance))
@pytest.mark.parametrize("leave_one_out", [True, False])
@pytest.mark.parametrize(("neighbours", "alpha"), [(1, 3.0), (7, 3.0), (7, 0.0), (200, 1.5)])
def test_equals_a_slow_expansion(distance: Distance, leave_one_out: bool, neighbours: int, alpha: float) -> None:
    one = task(distance, leave_one_out)
    at_r, whole = slow_map(one, slow_expansion(one, neighbours, alpha))
    measures = AlphaQe(K, neighbours, alpha)(one)
    assert (measures["map@r"], measures["map"]) == pytest.approx((at_r, whole), abs=1e-6)
    without = AlphaQe(K, neighbours, alpha, map=False)(one)
    assert without == pytest.approx({name: measures[name] for name in without}, abs=1e-12)


def test_of_embeddings_of_length_one_both_distances_rank_alike() -> None:
    points = POINTS / np.linalg.norm(POINTS, axis=1, keepdims=True)
    one, other = (AlphaQe(K)(task(distance, True, points)) for distance in get_args(Distance))
    assert one == pytest.approx(other, abs=1e-9)


def test_no_positive_cosine_changes_nothing() -> None:
    points = -np.eye(6) + 0.001 * np.arange(36).reshape(6, 6)
    points -= points.mean(0)  # a simplex: all cosines between two are negative
    images = embedded(points, [0, 0, 1, 1, 2, 2], [0] * 6)
    one = RetrievalTask(images, images, "category", "cosine")
    assert AlphaQe(K)(one) == Exact(K)(one)


def test_a_query_never_finds_itself() -> None:
    images = embedded(np.repeat(np.eye(3), 2, axis=0), [0, 1, 2, 3, 4, 5], [0] * 6)
    one = RetrievalTask(images, images, "category", "cosine")
    assert AlphaQe((1,))(one)["num_queries"] == 0
    same = embedded(torch.eye(3).repeat_interleave(2, 0), [0, 0, 1, 1, 2, 2], [0] * 6)
    measures = AlphaQe((1, 2))(RetrievalTask(same, same, "category", "cosine"))
    assert measures["recall@1"] == 1 and measures["precision@2"] == 0.5  # the duplicate, and then another's
