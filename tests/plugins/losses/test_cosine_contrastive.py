from __future__ import annotations

import pytest
import torch
from torch import Tensor

from fsim.functional.distances import unit
from fsim.interfaces import Pairs
from fsim.testing.loss_contract import LossContract
from fsim_plugins.losses.contrastive import Contrastive
from fsim_plugins.losses.cosine_contrastive import CosineContrastive


class TestContract(LossContract):
    def make(self) -> torch.nn.Module:
        return CosineContrastive(margin=0.0)


def batch(num_pairs: int) -> tuple[Tensor, Pairs]:
    draw = torch.Generator().manual_seed(num_pairs)
    embedding = torch.randn(6, 3, generator=draw, dtype=torch.float64)
    first, offset = (
        torch.randint(6, (num_pairs,), generator=draw),
        torch.randint(5, (num_pairs,), generator=draw),
    )
    return embedding, Pairs(first, (first + 1 + offset) % 6, torch.rand(num_pairs, generator=draw) < 0.3)


@pytest.mark.parametrize("margin", [-0.5, 0.0, 0.5])
@pytest.mark.parametrize("num_pairs", [1, 10, 60])
def test_equals_torch(margin: float, num_pairs: int) -> None:
    embedding, pairs = batch(num_pairs)
    expected = torch.nn.CosineEmbeddingLoss(margin)(
        embedding[pairs.first], embedding[pairs.second], torch.where(pairs.same, 1, -1)
    )
    torch.testing.assert_close(CosineContrastive(margin)(embedding, pairs), expected)


@pytest.mark.parametrize("margin", [1.0, 0.2**0.5])
def test_half_of_bells_form_on_the_unit_sphere(margin: float) -> None:
    embedding, pairs = batch(40)
    bell = Contrastive(margin)(unit(embedding), pairs)
    torch.testing.assert_close(2 * CosineContrastive(1 - margin**2 / 2)(embedding, pairs), bell)


def test_length_does_not_matter() -> None:
    embedding, pairs = batch(10)
    lengths = torch.arange(1, 7)[:, None]
    loss = CosineContrastive()
    torch.testing.assert_close(loss(embedding, pairs), loss(embedding * lengths, pairs))


def test_gradcheck() -> None:
    embedding, pairs = batch(10)
    assert torch.autograd.gradcheck(lambda x: CosineContrastive()(x, pairs), embedding.requires_grad_(), eps=1e-6)
