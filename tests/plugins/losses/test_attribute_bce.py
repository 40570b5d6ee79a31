from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from fsim.functional.labels.attribute_labels import AttributeCounts
from fsim.testing.loss_contract import LossContract
from fsim_plugins.losses.attribute_bce import AttributeBce


class TestContract(LossContract):
    def make(self) -> torch.nn.Module:
        return AttributeBce(self.attribute_counts)


class TestContractUnweighted(LossContract):
    def make(self) -> torch.nn.Module:
        return AttributeBce(self.attribute_counts, max_positive_weight=1.0)


def counts(having: list[int], lacking: list[int]) -> AttributeCounts:
    return AttributeCounts(np.array(having), np.array(lacking))


@pytest.mark.parametrize("bound", [1.0, 3.0, 100.0])
def test_equals_a_double_loop(bound: float) -> None:
    having, lacking = [10, 40, 2, 0], [20, 10, 90, 100]
    draw = torch.Generator().manual_seed(0)
    logits = torch.randn(6, 4, generator=draw, dtype=torch.float64)
    attributes = torch.randint(-1, 2, (6, 4), generator=draw, dtype=torch.int8)
    costs = []
    for row in range(6):
        for column in range(4):
            chance, label = 1 / (1 + math.exp(-logits[row, column])), int(attributes[row, column])
            ratio = lacking[column] / having[column] if having[column] else 1
            weight = min(max(ratio, 1 / bound), bound)
            if label:
                costs.append(-weight * math.log(chance) if label == 1 else -math.log(1 - chance))
    loss = AttributeBce(counts(having, lacking), bound)
    assert 0 < len(costs) < 24
    assert loss(logits, attributes).item() == pytest.approx(sum(costs) / len(costs), rel=1e-6)


@given(st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 10**6)), min_size=1), st.floats(1, 1e4))
def test_weights_are_bounded_and_one_where_no_image_has_it(numbers: list[tuple[int, int]], bound: float) -> None:
    loss = AttributeBce(counts(*map(list, zip(*numbers, strict=True))), bound)
    weights = loss.positive_weight.tolist()
    assert all(1 / bound * (1 - 1e-6) <= weight <= bound * (1 + 1e-6) for weight in weights)
    assert all(weight == 1 for weight, (having, _) in zip(weights, numbers, strict=True) if not having)


def test_what_is_unknown_learns_nothing() -> None:
    logits = torch.zeros(2, 2, requires_grad=True)
    AttributeBce(counts([1, 1], [1, 1]))(logits, torch.tensor([[1, 0], [0, -1]], dtype=torch.int8)).backward()
    assert logits.grad is not None
    assert (logits.grad != 0).tolist() == [[True, False], [False, True]]


def test_nothing_known_costs_nothing_and_stays_in_the_graph() -> None:
    logits = torch.randn(3, 2, requires_grad=True)
    value = AttributeBce(counts([1, 1], [1, 1]))(logits, torch.zeros(3, 2, dtype=torch.int8))
    value.backward()
    assert value.item() == 0 and logits.grad is not None and not logits.grad.any()


def test_the_balance_is_not_part_of_a_checkpoint() -> None:
    assert not AttributeBce(counts([1], [2])).state_dict()
