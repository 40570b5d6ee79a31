from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from fsim.testing.loss_contract import LossContract
from fsim_plugins.losses.supcon import SupCon


class TestContract(LossContract):
    def make(self) -> torch.nn.Module:
        return SupCon()


LABELS = [0, 1, 0, 2, 1, 0, -1, 2, 3, 1]


def embeddings(seed: int = 0) -> Tensor:
    return torch.randn(len(LABELS), 3, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def slow(embedding: Tensor, temperature: float) -> float:
    def weight(i: int, j: int) -> float:
        a, b = embedding[i].tolist(), embedding[j].tolist()
        cosine = sum(x * y for x, y in zip(a, b, strict=True)) / math.hypot(*a) / math.hypot(*b)
        return math.exp(cosine / temperature)

    known = [i for i, label in enumerate(LABELS) if label != -1]
    costs = []
    for a in known:
        others = [k for k in known if k != a]
        positives = [p for p in others if LABELS[p] == LABELS[a]]
        if positives:
            total = sum(weight(a, k) for k in others)
            costs.append(-sum(math.log(weight(a, p) / total) for p in positives) / len(positives))
    return sum(costs) / len(costs)


@pytest.mark.parametrize("temperature", [0.05, 0.1, 1.0])
@pytest.mark.parametrize("seed", [0, 1])
def test_equals_a_double_loop(temperature: float, seed: int) -> None:
    found = SupCon(temperature)(embeddings(seed), torch.tensor(LABELS))
    assert found.item() == pytest.approx(slow(embeddings(seed), temperature), rel=1e-9)


@pytest.mark.parametrize("temperature", [0.07, 0.5])
def test_equals_pytorch_metric_learning(temperature: float) -> None:
    losses = pytest.importorskip("pytorch_metric_learning.losses")
    known = torch.tensor(LABELS) >= 0
    embedding, labels = embeddings()[known], torch.tensor(LABELS)[known]
    expected = losses.SupConLoss(temperature)(embedding, labels)
    torch.testing.assert_close(SupCon(temperature)(embedding, labels), expected)


def test_gradcheck() -> None:
    labels = torch.tensor(LABELS)
    assert torch.autograd.gradcheck(lambda x: SupCon()(x, labels), embeddings().requires_grad_(), eps=1e-6)


def test_one_label_costs_nothing() -> None:
    assert SupCon()(embeddings()[:4], torch.zeros(4, dtype=torch.int64)) == 0
