from __future__ import annotations

import math
from typing import NamedTuple

import pytest
import torch
from torch import Tensor

from fsim.testing.loss_contract import LossContract
from fsim_plugins.losses.vse import Vse, VseHard

LOSSES = [Vse, VseHard]


class TestSum(LossContract):
    def make(self) -> torch.nn.Module:
        return Vse(margin=0.5)


class TestHardest(LossContract):
    def make(self) -> torch.nn.Module:
        return VseHard(margin=0.5)


class Batch(NamedTuple):
    embedding: Tensor
    text_embedding: Tensor
    items: Tensor
    captioned: Tensor


def batch(seed: int, size: int = 9) -> Batch:
    """Some items have several images, some are unknown; some images have no caption."""
    draw = torch.Generator().manual_seed(seed)
    embedding, text = torch.randn(2, size, 3, generator=draw, dtype=torch.float64)
    return Batch(embedding, text, torch.randint(-1, 4, (size,), generator=draw), torch.rand(size, generator=draw) < 0.7)


def slow(given: Batch, margin: float) -> list[list[float]]:
    """For each image with a caption what each of its negative captions costs, and for each caption what its negative
    images cost."""

    def cosine(image: int, caption: int) -> float:
        a, b = given.embedding[image].tolist(), given.text_embedding[caption].tolist()
        return sum(x * y for x, y in zip(a, b, strict=True)) / math.hypot(*a) / math.hypot(*b)

    costs = []
    for i in range(len(given.items)):
        if not given.captioned[i]:
            continue
        others = [
            j for j in range(len(given.items)) if j != i and (given.items[i] != given.items[j] or given.items[i] == -1)
        ]
        costs.append([max(0.0, margin - cosine(i, i) + cosine(i, j)) for j in others if given.captioned[j]])
        costs.append([max(0.0, margin - cosine(i, i) + cosine(j, i)) for j in others])
    return costs


@pytest.mark.parametrize("margin", [0.0, 0.2, 1.0])
@pytest.mark.parametrize("seed", range(10))
def test_equals_a_double_loop(seed: int, margin: float) -> None:
    given = batch(seed)
    costs = slow(given, margin)
    every = [cost for of_one in costs for cost in of_one]
    hardest = [max(of_one) for of_one in costs if of_one]
    assert Vse(margin)(*given).item() == pytest.approx(sum(every), rel=1e-9)
    assert VseHard(margin)(*given).item() == pytest.approx(sum(hardest), rel=1e-9)
    active = [sum(cost > 0 for cost in of) / max(len(of), 1) for of in (every, hardest)]
    assert Vse(margin).active_triplets(*given).item() == pytest.approx(active[0])
    assert VseHard(margin).active_triplets(*given).item() == pytest.approx(active[1])


@pytest.mark.parametrize("loss", LOSSES)
def test_gradcheck(loss: type[Vse | VseHard]) -> None:
    given = batch(0)
    inputs = (given.embedding.requires_grad_(), given.text_embedding.requires_grad_())
    assert torch.autograd.gradcheck(lambda x, y: loss(0.5)(x, y, given.items, given.captioned), inputs, eps=1e-7)


@pytest.mark.parametrize("loss", LOSSES)
def test_nothing_to_tell_apart_costs_nothing(loss: type[Vse | VseHard]) -> None:
    given = batch(0)
    for nothing in (
        given._replace(captioned=torch.zeros(9, dtype=torch.bool)),
        given._replace(items=torch.full((9,), 2)),
        Batch(*(part[:1] for part in given)),
    ):
        assert loss()(*nothing) == 0
        assert loss().active_triplets(*nothing) == 0


def test_what_a_collapse_costs() -> None:
    same = Batch(torch.ones(5, 3), torch.ones(5, 3), torch.arange(5), torch.ones(5, dtype=torch.bool))
    assert Vse(0.2)(*same).item() == pytest.approx(2 * 0.2 * 5 * 4)
    assert VseHard(0.2)(*same).item() == pytest.approx(2 * 0.2 * 5)


def test_the_gradient_does_not_depend_on_the_order_of_equal_negatives() -> None:
    text = torch.tensor([[1.0, 0.0], [1.0, 1.0], [1.0, 1.0]], requires_grad=True)
    images = torch.tensor([[1.0, 0.2], [0.0, 1.0], [0.0, 1.0]])
    VseHard(1.0)(images, text, torch.arange(3), torch.ones(3, dtype=torch.bool)).backward()
    torch.testing.assert_close(text.grad[1], text.grad[2])
