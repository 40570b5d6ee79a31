from __future__ import annotations

import math

import torch

from fsim.functional.distances import masked_logsumexp, masked_mean

VALUES = [[1.0, -2.0, 500.0], [0.5, 4.0, -7.0]]
MASK = [[True, True, False], [False, False, False]]


def test_mean_is_over_the_mask_only() -> None:
    values = torch.tensor(VALUES, requires_grad=True)
    mean = masked_mean(values, torch.tensor(MASK))
    mean.backward()
    assert mean == -0.5
    torch.testing.assert_close(values.grad, torch.tensor([[0.5, 0.5, 0.0], [0.0, 0.0, 0.0]]))


def test_mean_over_nothing_is_a_zero_in_the_graph() -> None:
    values = torch.tensor(VALUES, requires_grad=True)
    mean = masked_mean(values, torch.zeros(2, 3, dtype=torch.bool))
    mean.backward()
    assert mean == 0
    torch.testing.assert_close(values.grad, torch.zeros(2, 3))


def test_values_outside_the_mask_may_be_infinite() -> None:
    assert masked_mean(torch.tensor([math.inf, math.nan, 3.0]), torch.tensor([False, False, True])) == 3


def test_logsumexp_is_over_the_mask_only() -> None:
    values = torch.tensor(VALUES, requires_grad=True)
    result = masked_logsumexp(values, torch.tensor(MASK), dim=1)
    torch.testing.assert_close(result[0], torch.tensor(math.log(math.exp(1) + math.exp(-2))))
    assert torch.exp(result[1]) == 0
    torch.nn.functional.softplus(result).sum().backward()
    assert values.grad.isfinite().all()
    torch.testing.assert_close(values.grad[1], torch.zeros(3))
    assert values.grad[0, 2] == 0
