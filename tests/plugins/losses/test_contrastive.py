from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from fsim.interfaces import Pairs
from fsim.testing.loss_contract import LossContract
from fsim_plugins.losses.contrastive import Contrastive


class TestBell(LossContract):
    def make(self) -> torch.nn.Module:
        return Contrastive(margin=5.0)


class TestHadsell(LossContract):
    def make(self) -> torch.nn.Module:
        return Contrastive(margin=5.0, form="hadsell")


def batch(num_rows: int, num_pairs: int) -> tuple[Tensor, Pairs]:
    draw = torch.Generator().manual_seed(num_pairs)
    embedding = torch.randn(num_rows, 3, generator=draw, dtype=torch.float64)
    first, second = torch.randint(num_rows, (2, num_pairs), generator=draw)
    # No image with itself: where all pairs come from one matrix product their distance is 0 only to rounding.
    second = (first + 1 + second % (num_rows - 1)) % num_rows
    return embedding, Pairs(first, second, torch.rand(num_pairs, generator=draw) < 0.3)


def slow(embedding: Tensor, pairs: Pairs, margin: float, form: str) -> float:
    total = 0.0
    for i, j, same in zip(*(part.tolist() for part in pairs), strict=True):
        distance = math.dist(embedding[i].tolist(), embedding[j].tolist())
        if same:
            total += distance**2
        elif form == "bell":
            total += max(0.0, margin**2 - distance**2)
        else:
            total += max(0.0, margin - distance) ** 2
    return total / len(pairs.first)


@pytest.mark.parametrize("form", ["bell", "hadsell"])
@pytest.mark.parametrize("margin", [0.5, 2.0])
@pytest.mark.parametrize("num_pairs", [1, 10, 60])
def test_equals_a_loop(form: str, margin: float, num_pairs: int) -> None:
    embedding, pairs = batch(6, num_pairs)
    found = Contrastive(margin, form)(embedding, pairs)
    assert found.item() == pytest.approx(slow(embedding, pairs, margin, form), rel=1e-12)


@pytest.mark.parametrize("form", ["bell", "hadsell"])
def test_gradcheck(form: str) -> None:
    embedding, pairs = batch(6, 10)
    assert torch.autograd.gradcheck(lambda x: Contrastive(2.0, form)(x, pairs), embedding.requires_grad_(), eps=1e-6)


def test_negatives_beyond_the_margin_cost_nothing() -> None:
    embedding = torch.tensor([[0.0], [3.0]])
    negative = Pairs(torch.tensor([0]), torch.tensor([1]), torch.tensor([False]))
    for form in ("bell", "hadsell"):
        assert Contrastive(3.0, form)(embedding, negative) == 0
        assert Contrastive(3.1, form)(embedding, negative) > 0


def test_the_mean_keeps_the_ratio_of_the_pairs() -> None:
    embedding, pairs = batch(6, 10)
    twice = Pairs(*(torch.cat([part, part]) for part in pairs))
    torch.testing.assert_close(Contrastive()(embedding, pairs), Contrastive()(embedding, twice))


def test_no_pair_is_a_zero_in_the_graph() -> None:
    embedding = torch.ones(3, 2, requires_grad=True)
    none = Pairs(*torch.empty(2, 0, dtype=torch.int64), torch.empty(0, dtype=torch.bool))
    value = Contrastive()(embedding, none)
    value.backward()
    assert value == 0
    torch.testing.assert_close(embedding.grad, torch.zeros(3, 2))
