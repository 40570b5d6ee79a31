from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from fsim.errors import FsimError
from fsim.testing.loss_contract import LossContract
from fsim_plugins.losses.triplet import Triplet


class TestBatchHard(LossContract):
    def make(self) -> torch.nn.Module:
        return Triplet("batch_hard", margin=1.0)


class TestBatchHardSoft(LossContract):
    def make(self) -> torch.nn.Module:
        return Triplet("batch_hard", margin=None, distance="cosine")


class TestSemiHard(LossContract):
    def make(self) -> torch.nn.Module:
        return Triplet("semi_hard", margin=2.0)


class TestAll(LossContract):
    def make(self) -> torch.nn.Module:
        return Triplet("all", margin=0.5, distance="cosine")


LABELS = [0, 1, 0, 2, 1, 0, -1, 2, 3, 1]


def embeddings(seed: int = 0) -> Tensor:
    return torch.randn(len(LABELS), 3, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def slow(embedding: Tensor, mining: str, margin: float | None, metric: str) -> float:
    def distance(i: int, j: int) -> float:
        a, b = embedding[i].tolist(), embedding[j].tolist()
        if metric == "euclidean":
            return math.dist(a, b)
        return 1 - sum(x * y for x, y in zip(a, b, strict=True)) / math.hypot(*a) / math.hypot(*b)

    def cost(gap: float) -> float:
        return math.log(1 + math.exp(gap)) if margin is None else max(0.0, gap + margin)

    costs = []
    for a, label in enumerate(LABELS):
        if label == -1:
            continue
        to_positives = [distance(a, p) for p in range(len(LABELS)) if p != a and LABELS[p] == label]
        to_negatives = [distance(a, n) for n in range(len(LABELS)) if LABELS[n] not in (label, -1)]
        if mining == "batch_hard" and to_positives:
            costs.append(cost(max(to_positives) - min(to_negatives)))
        elif mining == "semi_hard":
            costs += [cost(p - n) for p in to_positives for n in to_negatives if p < n < p + margin]
        elif mining == "all":
            costs += [cost(p - n) for p in to_positives for n in to_negatives if cost(p - n) > 0]
    return sum(costs) / max(len(costs), 1)


@pytest.mark.parametrize("mining", ["batch_hard", "semi_hard", "all"])
@pytest.mark.parametrize("margin", [0.1, 1.0, None])
@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
@pytest.mark.parametrize("seed", [0, 1])
def test_equals_a_triple_loop(mining: str, margin: float | None, metric: str, seed: int) -> None:
    if (mining, margin) == ("semi_hard", None):
        return
    found = Triplet(mining, margin, metric)(embeddings(seed), torch.tensor(LABELS))
    assert found.item() == pytest.approx(slow(embeddings(seed), mining, margin, metric), rel=1e-9)


@pytest.mark.parametrize("mining", ["batch_hard", "semi_hard", "all"])
@pytest.mark.parametrize("margin", [0.3, 1.0])
def test_equals_pytorch_metric_learning(mining: str, margin: float) -> None:
    losses = pytest.importorskip("pytorch_metric_learning.losses")
    miners = pytest.importorskip("pytorch_metric_learning.miners")
    distances = pytest.importorskip("pytorch_metric_learning.distances")
    reducers = pytest.importorskip("pytorch_metric_learning.reducers")
    known = torch.tensor(LABELS) >= 0
    embedding, labels = embeddings()[known], torch.tensor(LABELS)[known]
    measure = {"distance": distances.LpDistance(normalize_embeddings=False)}
    miner = {
        "batch_hard": miners.BatchHardMiner(**measure),
        "semi_hard": miners.TripletMarginMiner(margin, "semihard", **measure),
        "all": lambda embedding, labels: None,
    }[mining]
    mean = reducers.MeanReducer() if mining == "batch_hard" else None  # its default leaves zeros out
    loss = losses.TripletMarginLoss(margin, reducer=mean, **measure)
    expected = loss(embedding, labels, miner(embedding, labels))
    torch.testing.assert_close(Triplet(mining, margin)(embedding, labels), expected)


@pytest.mark.parametrize("mining", ["batch_hard", "semi_hard", "all"])
@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
def test_gradcheck(mining: str, metric: str) -> None:
    loss, labels = Triplet(mining, 0.7, metric), torch.tensor(LABELS)
    assert torch.autograd.gradcheck(lambda x: loss(x, labels), embeddings().requires_grad_(), eps=1e-7)


def test_semi_hard_costs_nothing_where_no_negative_is_in_the_band() -> None:
    labels = torch.tensor([0, 0, 1])
    inside = torch.tensor([[0.0], [1.0], [0.5]], requires_grad=True)
    value = Triplet("semi_hard", 0.2)(inside, labels)
    value.backward()
    assert value == 0
    torch.testing.assert_close(inside.grad, torch.zeros(3, 1))


def test_the_gradient_does_not_depend_on_the_order_of_equal_candidates() -> None:
    labels = torch.tensor([0, 0, 1, 1])
    embedding = torch.tensor([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [0.0, 1.0]], requires_grad=True)
    Triplet("batch_hard", 1.0)(embedding, labels).backward()
    torch.testing.assert_close(embedding.grad[2], embedding.grad[3])


def test_semi_hard_with_a_soft_margin_says_what_to_do() -> None:
    with pytest.raises(FsimError, match="give `margin` a number"):
        Triplet("semi_hard", None)
