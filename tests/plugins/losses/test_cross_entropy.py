from __future__ import annotations

import math

import pytest
import torch

from fsim.testing.loss_contract import LossContract
from fsim_plugins.losses.cross_entropy import CrossEntropy


class TestContract(LossContract):
    def make(self) -> torch.nn.Module:
        return CrossEntropy()


class TestContractSmoothed(LossContract):
    def make(self) -> torch.nn.Module:
        return CrossEntropy(label_smoothing=0.1)


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_equals_a_double_loop(smoothing: float) -> None:
    logits = torch.randn(6, 4, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    categories = [0, 3, -1, 1, 1, -1]
    costs = []
    for row, category in zip(logits.tolist(), categories, strict=True):
        if category == -1:
            continue
        total = math.log(sum(math.exp(value) for value in row))
        target = [smoothing / 4 + (1 - smoothing) * (column == category) for column in range(4)]
        costs.append(sum(part * (total - value) for part, value in zip(target, row, strict=True)))
    found = CrossEntropy(smoothing)(logits, torch.tensor(categories))
    assert found.item() == pytest.approx(sum(costs) / 4, rel=1e-12)


def test_gradcheck() -> None:
    logits = torch.randn(6, 4, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    categories = torch.tensor([0, 3, -1, 1, 1, -1])
    assert torch.autograd.gradcheck(lambda x: CrossEntropy(0.1)(x, categories), logits.requires_grad_())
