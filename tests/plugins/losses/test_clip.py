from __future__ import annotations

import math

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from fsim.testing.loss_contract import LossContract
from fsim_plugins.losses.clip import Clip


class TestLearned(LossContract):
    def make(self) -> torch.nn.Module:
        return Clip()


class TestFixed(LossContract):
    def make(self) -> torch.nn.Module:
        return Clip(0.2, learned=False)


Batch = tuple[Tensor, Tensor, Tensor, Tensor]


def batch(seed: int, size: int = 9) -> Batch:
    """Some items have several images, some are unknown; some images have no caption."""
    draw = torch.Generator().manual_seed(seed)
    embedding, text = torch.randn(2, size, 3, generator=draw, dtype=torch.float64)
    return embedding, text, torch.randint(-1, 4, (size,), generator=draw), torch.rand(size, generator=draw) < 0.7


def slow(embedding: Tensor, text: Tensor, items: Tensor, captioned: Tensor, temperature: float) -> float:
    def weight(image: int, caption: int) -> float:
        a, b = embedding[image].tolist(), text[caption].tolist()
        cosine = sum(x * y for x, y in zip(a, b, strict=True)) / math.hypot(*a) / math.hypot(*b)
        return math.exp(cosine / temperature)

    of_images, of_captions = [], []
    for i in range(len(items)):
        if captioned[i]:
            named = [j for j in range(len(items)) if j == i or items[i] != items[j] or items[i] == -1]
            of_images.append(-math.log(weight(i, i) / sum(weight(i, j) for j in named if captioned[j])))
            of_captions.append(-math.log(weight(i, i) / sum(weight(j, i) for j in named)))
    return (sum(of_images) / len(of_images) + sum(of_captions) / len(of_captions)) / 2


@pytest.mark.parametrize("temperature", [0.05, 0.07, 1.0])
@pytest.mark.parametrize("seed", range(10))
def test_equals_a_double_loop(seed: int, temperature: float) -> None:
    given = batch(seed)
    assert Clip(temperature)(*given).item() == pytest.approx(slow(*given, temperature), rel=1e-5)


def test_equals_figure_3_of_the_paper() -> None:
    images, text, _, _ = batch(0)
    logits = F.normalize(images) @ F.normalize(text).T / 0.07
    names = torch.arange(9)
    expected = (F.cross_entropy(logits, names) + F.cross_entropy(logits.T, names)) / 2
    found = Clip().double()(images, text, torch.full((9,), -1), torch.ones(9, dtype=torch.bool))
    torch.testing.assert_close(found, expected)


def test_gradcheck() -> None:
    embedding, text, items, captioned = batch(0)
    loss = Clip(0.5).double()

    def of(embedding: Tensor, text: Tensor, log_scale: Tensor) -> Tensor:
        given = (embedding, text, items, captioned)
        return torch.func.functional_call(loss, {"log_scale": log_scale}, given)

    inputs = (embedding.requires_grad_(), text.requires_grad_(), loss.log_scale)
    assert torch.autograd.gradcheck(of, inputs, eps=1e-6)


def test_nothing_to_tell_apart_costs_nothing() -> None:
    embedding, text, items, captioned = batch(0)
    assert Clip()(embedding, text, items, torch.zeros_like(captioned)) == 0
    assert Clip()(embedding, text, torch.full_like(items, 2), captioned) == 0
    assert Clip()(embedding[:1], text[:1], items[:1], torch.ones(1, dtype=torch.bool)) == 0


def test_a_fixed_temperature_is_no_parameter_and_is_kept() -> None:
    fixed = Clip(0.3, learned=False)
    assert not list(fixed.parameters())
    restored = Clip(0.1, learned=False)
    restored.load_state_dict(fixed.state_dict())
    assert restored(*batch(0)) == fixed(*batch(0))


def test_the_scale_stays_at_100_and_comes_back() -> None:
    loss = Clip(0.01)
    descent = torch.optim.SGD(loss.parameters(), lr=1.0)
    images, others = torch.eye(4), torch.eye(4).roll(1, 0)
    everything = (torch.arange(4), torch.ones(4, dtype=torch.bool))
    with torch.no_grad():
        loss.log_scale += 5
    loss(images, images, *everything)
    assert loss.log_scale.exp().item() == pytest.approx(100)
    loss(images, others, *everything).backward()
    descent.step()
    assert loss.log_scale.exp() < 100
