from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from fsim.testing.loss_contract import LossContract
from fsim_plugins.losses.proxy_anchor import ProxyAnchor


class TestContract(LossContract):
    def make(self) -> torch.nn.Module:
        return ProxyAnchor(self.embedding_dim, self.num_labels)


LABELS = [0, 1, 0, 2, 1, 0, -1, 2, 1]
NUM_LABELS = 5  # two of them are not in the batch


def embeddings() -> Tensor:
    return torch.randn(len(LABELS), 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


def slow(embedding: Tensor, proxies: Tensor, alpha: float, delta: float) -> float:
    def cosine(a: list[float], b: list[float]) -> float:
        return sum(x * y for x, y in zip(a, b, strict=True)) / math.hypot(*a) / math.hypot(*b)

    pull, push = [], []
    for proxy, row in enumerate(proxies.tolist()):
        of_proxy, of_others = 0.0, 0.0
        for x, label in zip(embedding.tolist(), LABELS, strict=True):
            if label == proxy:
                of_proxy += math.exp(-alpha * (cosine(x, row) - delta))
            elif label != -1:
                of_others += math.exp(alpha * (cosine(x, row) + delta))
        push.append(math.log(1 + of_others))
        if proxy in LABELS:
            pull.append(math.log(1 + of_proxy))
    return sum(pull) / len(pull) + sum(push) / len(push)


@pytest.mark.parametrize(("alpha", "delta"), [(32.0, 0.1), (4.0, 0.3)])
def test_equals_a_double_loop(alpha: float, delta: float) -> None:
    loss = ProxyAnchor(3, NUM_LABELS, alpha, delta).double()
    found = loss(embeddings(), torch.tensor(LABELS))
    expected = slow(embeddings(), loss.proxies.detach(), alpha, delta)
    assert found.item() == pytest.approx(expected, rel=1e-9)


def test_equals_pytorch_metric_learning() -> None:
    losses = pytest.importorskip("pytorch_metric_learning.losses")
    known = torch.tensor(LABELS) >= 0
    embedding, labels = embeddings()[known].float(), torch.tensor(LABELS)[known]
    torch.manual_seed(3)
    theirs = losses.ProxyAnchorLoss(NUM_LABELS, 3)
    torch.manual_seed(3)
    ours = ProxyAnchor(3, NUM_LABELS)
    torch.testing.assert_close(ours.proxies, theirs.proxies)
    torch.testing.assert_close(ours(embedding, labels), theirs(embedding, labels))


def test_gradcheck() -> None:
    labels = torch.tensor(LABELS)
    loss = ProxyAnchor(3, NUM_LABELS, alpha=4.0).double()

    def of(embedding: Tensor, proxies: Tensor) -> Tensor:
        return torch.func.functional_call(loss, {"proxies": proxies}, (embedding, labels))

    assert torch.autograd.gradcheck(of, (embeddings().requires_grad_(), loss.proxies), eps=1e-6)
