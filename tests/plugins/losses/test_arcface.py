from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from fsim.testing.loss_contract import LossContract
from fsim_plugins.losses.arcface import ArcFace


class TestContract(LossContract):
    def make(self) -> torch.nn.Module:
        return ArcFace(self.embedding_dim, self.num_labels)


LABELS = [0, 1, 0, 2, 1, 0, -1, 2, 1]
NUM_LABELS = 5


def embeddings() -> Tensor:
    return torch.randn(len(LABELS), 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


def slow(embedding: Tensor, directions: Tensor, scale: float, margin: float) -> float:
    costs = []
    for x, label in zip(embedding.tolist(), LABELS, strict=True):
        if label == -1:
            continue
        logits = []
        for row in directions.tolist():
            cosine = sum(a * b for a, b in zip(x, row, strict=True)) / math.hypot(*x) / math.hypot(*row)
            if len(logits) == label:
                angle = math.acos(max(-1.0, min(1.0, cosine)))
                wraps = angle > math.pi - margin
                cosine = cosine - margin * math.sin(margin) if wraps else math.cos(angle + margin)
            logits.append(scale * cosine)
        highest = max(logits)
        total = highest + math.log(sum(math.exp(value - highest) for value in logits))
        costs.append(total - logits[label])
    return sum(costs) / len(costs)


@pytest.mark.parametrize(("scale", "margin"), [(64.0, 0.5), (8.0, 1.5), (8.0, 0.0)])
def test_equals_a_double_loop(scale: float, margin: float) -> None:
    loss = ArcFace(3, NUM_LABELS, scale, margin).double()
    found = loss(embeddings(), torch.tensor(LABELS))
    assert found.item() == pytest.approx(slow(embeddings(), loss.directions.detach(), scale, margin), rel=1e-9)


@pytest.mark.parametrize(("scale", "degrees"), [(64.0, 28.6), (8.0, 80.0)])
def test_equals_pytorch_metric_learning(scale: float, degrees: float) -> None:
    losses = pytest.importorskip("pytorch_metric_learning.losses")
    known = torch.tensor(LABELS) >= 0
    embedding, labels = embeddings()[known], torch.tensor(LABELS)[known]
    theirs = losses.ArcFaceLoss(NUM_LABELS, 3, margin=degrees, scale=scale).double()
    ours = ArcFace(3, NUM_LABELS, scale, math.radians(degrees)).double()
    ours.load_state_dict({"directions": theirs.W.detach().T})
    torch.testing.assert_close(ours(embedding, labels), theirs(embedding, labels))


def test_gradcheck() -> None:
    labels = torch.tensor(LABELS)
    loss = ArcFace(3, NUM_LABELS, scale=4.0).double()
    directions = torch.randn(NUM_LABELS, 3, generator=torch.Generator().manual_seed(1), dtype=torch.float64)

    def of(embedding: Tensor, directions: Tensor) -> Tensor:
        return torch.func.functional_call(loss, {"directions": directions}, (embedding, labels))

    inputs = (embeddings().requires_grad_(), directions.requires_grad_())
    assert torch.autograd.gradcheck(of, inputs, eps=1e-6)


@pytest.mark.parametrize("sign", [1, -1])
def test_an_embedding_on_its_direction_or_opposite(sign: int) -> None:
    loss = ArcFace(8, 4)
    embedding = (sign * loss.directions.detach()).clone().requires_grad_()
    loss(embedding, torch.arange(4)).backward()
    assert embedding.grad.isfinite().all()
    assert loss.directions.grad.isfinite().all()


def test_cost_grows_with_the_angle_also_beyond_pi_minus_margin() -> None:
    loss = ArcFace(2, 2, scale=1.0)
    loss.load_state_dict({"directions": torch.tensor([[1.0, 0.0], [0.0, -1.0]])})
    angles = torch.linspace(0, math.pi, 200, dtype=torch.float64)
    targets = loss._with_margin(angles.cos())
    assert (targets.diff() < 0).all()
