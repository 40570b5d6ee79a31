"""The suite for plugin authors finds the mistakes that it is for."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch.optim import SGD, Optimizer

from fsim.testing.optimizer_contract import OptimizerContract


class Good(Optimizer):
    """A step against the sum of all gradients so far, as far as they are remembered."""

    def __init__(self, params: Any, lr: float = 0.05, decay: float = 0.5) -> None:
        super().__init__(params, {"lr": lr, "decay": decay})

    @torch.no_grad()
    def step(self) -> None:  # type: ignore[override]
        for group in self.param_groups:
            for weights in group["params"]:
                if weights.grad is not None:
                    self.move(weights, weights.grad, group)

    def move(self, weights: Any, gradient: Any, group: dict[str, Any]) -> None:
        state = self.state[weights]
        state["sum"] = gradient + group["decay"] * state.get("sum", torch.zeros_like(weights))
        weights -= group["lr"] * state["sum"]


class TestGood(OptimizerContract):
    def make(self, params: Any) -> Optimizer:
        return Good(params)


class Climbs(Good):
    def move(self, weights: Any, gradient: Any, group: dict[str, Any]) -> None:
        super().move(weights, -gradient, group)


class KeepsGradients(Good):
    def zero_grad(self, set_to_none: bool = True) -> None:
        pass


class Decays(Good):
    @torch.no_grad()
    def step(self) -> None:  # type: ignore[override]
        super().step()
        for group in self.param_groups:
            for weights in group["params"]:
                weights *= 0.99


class DividesByZero(Good):
    def move(self, weights: Any, gradient: Any, group: dict[str, Any]) -> None:
        super().move(weights, gradient / gradient.norm(), group)


class OneRate(Good):
    def move(self, weights: Any, gradient: Any, group: dict[str, Any]) -> None:
        super().move(weights, gradient, {**group, "lr": self.defaults["lr"]})


class ChangesRates(Good):
    @torch.no_grad()
    def step(self) -> None:  # type: ignore[override]
        super().step()
        for group in self.param_groups:
            group["lr"] *= 0.5


class Forgets(Good):
    def state_dict(self) -> dict[str, Any]:
        return {**super().state_dict(), "state": {}}


class Unsafe(Good):
    def state_dict(self) -> dict[str, Any]:
        return {**super().state_dict(), "made by": type(self)}


class NoOptimizer:
    def __init__(self, params: Any) -> None:
        self.inner = SGD(params, lr=0.1)
        self.param_groups, self.step = self.inner.param_groups, self.inner.step


@pytest.mark.parametrize(
    ("broken", "check"),
    [
        (NoOptimizer, "test_is_an_optimizer_of_torch"),
        (Climbs, "test_lowers_a_quadratic"),
        (KeepsGradients, "test_zero_grad_forgets_the_gradients"),
        (Decays, "test_a_weight_without_a_gradient_stays"),
        (DividesByZero, "test_a_zero_gradient_does_no_harm"),
        (OneRate, "test_every_group_keeps_its_learning_rate"),
        (ChangesRates, "test_every_group_keeps_its_learning_rate"),
        (OneRate, "test_follows_a_rate_that_a_scheduler_sets"),
        (Forgets, "test_goes_on_from_its_state_as_if_it_had_not_stopped"),
        (Unsafe, "test_goes_on_from_its_state_as_if_it_had_not_stopped"),
    ],
)
def test_a_mistake_is_found(broken: type, check: str) -> None:
    class Suite(OptimizerContract):
        def make(self, params: Any) -> Optimizer:
            return broken(params)  # type: ignore[no-any-return]

    with pytest.raises(Exception, match=r".*"):
        getattr(Suite(), check)()
