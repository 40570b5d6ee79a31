"""What every optimizer must hold, as tests to inherit. For authors of plugins; needs pytest.

class TestMyOptimizer(OptimizerContract):
    def make(self, params: Any) -> Optimizer:
        return MyOptimizer(params, lr=0.1)
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any, ClassVar

import torch
from torch import nn
from torch.optim import Optimizer

START = ((1.0, -2.0, 3.0), (0.5, 0.0, -4.0))  # two weights, of three numbers each


class OptimizerContract:
    """Inherit it, give `make`, and name the class `Test...`.

    What is lowered is the sum of squares of two weights, which is 30.25 at first.
    """

    steps: ClassVar[int] = 100  # in which `make`'s settings lower the sum to a half

    def make(self, params: Any) -> Optimizer:
        """A new optimizer of these weights, or of groups of them."""
        raise NotImplementedError

    def test_is_an_optimizer_of_torch(self) -> None:
        optimizer = self.make(weights())
        assert isinstance(optimizer, Optimizer), "a scheduler takes no other"
        assert all("lr" in group for group in optimizer.param_groups)

    def test_lowers_a_quadratic(self) -> None:
        params = weights()
        before = float(loss(params).detach())
        take_steps(self.make(params), params, self.steps)
        assert float(loss(params).detach()) < before / 2

    def test_zero_grad_forgets_the_gradients(self) -> None:
        params = weights()
        optimizer = self.make(params)
        for set_to_none in (True, False):
            loss(params).backward()  # type: ignore[no-untyped-call]
            optimizer.zero_grad(set_to_none=set_to_none)
            assert all(weight.grad is None or not weight.grad.any() for weight in params)

    def test_a_weight_without_a_gradient_stays(self) -> None:
        params = weights()
        optimizer = self.make(params)
        for _ in range(3):
            optimizer.zero_grad()
            params[0].square().sum().backward()  # type: ignore[no-untyped-call]
            optimizer.step()
        assert not torch.equal(params[0], weights()[0])
        assert torch.equal(params[1], weights()[1]), "a weight moved that had no gradient"

    def test_a_zero_gradient_does_no_harm(self) -> None:
        params = weights()
        optimizer = self.make(params)
        for _ in range(3):
            for weight in params:
                weight.grad = torch.zeros_like(weight)
            optimizer.step()
        assert all(weight.isfinite().all() for weight in params)

    def test_every_group_keeps_its_learning_rate(self) -> None:
        params = weights()
        groups = [{"params": params[:1], "lr": 0.03}, {"params": params[1:], "lr": 0.0}]
        optimizer = self.make(groups)
        take_steps(optimizer, params, 3)
        assert [group["lr"] for group in optimizer.param_groups] == [0.03, 0.0]
        assert not torch.equal(params[0], weights()[0])
        assert torch.equal(params[1], weights()[1]), "a weight moved whose learning rate is 0"

    def test_follows_a_rate_that_a_scheduler_sets(self) -> None:
        params = weights()
        optimizer = self.make(params)
        take_steps(optimizer, params, 3)
        before = [weight.detach().clone() for weight in params]
        for group in optimizer.param_groups:
            group["lr"] = 0.0
        take_steps(optimizer, params, 3)
        assert all(map(torch.equal, params, before)), "the learning rate of a group is read at each step"

    def test_goes_on_from_its_state_as_if_it_had_not_stopped(self) -> None:
        through, stopped = weights(), weights()
        take_steps(self.make(through), through, 12)
        first = self.make(stopped)
        take_steps(first, stopped, 5)
        resumed = self.make(stopped)
        resumed.load_state_dict(saved_and_loaded(first.state_dict()))
        take_steps(resumed, stopped, 7)
        assert all(map(torch.equal, stopped, through))


def weights() -> list[nn.Parameter]:
    """The weights to optimize, as they are at first."""
    return [nn.Parameter(torch.tensor(values)) for values in START]


def loss(params: Sequence[torch.Tensor]) -> torch.Tensor:
    """Their sum of squares."""
    return torch.stack([weight.square().sum() for weight in params]).sum()


def take_steps(optimizer: Optimizer, params: Sequence[torch.Tensor], steps: int) -> None:
    """So many steps down, as a training takes them."""
    for _ in range(steps):
        optimizer.zero_grad()
        loss(params).backward()  # type: ignore[no-untyped-call]
        optimizer.step()


def saved_and_loaded(state: dict[str, Any]) -> Any:
    """A state as it comes back from a checkpoint, which is read without executing code."""
    file = io.BytesIO()
    torch.save(state, file)
    file.seek(0)
    return torch.load(file, weights_only=True)
