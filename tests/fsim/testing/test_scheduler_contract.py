"""The suite for plugin authors finds the mistakes that it is for."""

from __future__ import annotations

import math
import random
from typing import Any

import pytest
from torch.optim import SGD, Optimizer
from torch.optim.lr_scheduler import LambdaLR, OneCycleLR, ReduceLROnPlateau

from fsim.testing.scheduler_contract import SchedulerContract


class Good(LambdaLR):
    """Down in a line."""

    def __init__(self, optimizer: Optimizer, total_steps: int) -> None:
        self.total_steps = total_steps
        super().__init__(optimizer, self.factor)

    def factor(self, step: int) -> float:
        return 1 - step / self.total_steps

    def state_dict(self) -> dict[str, Any]:
        return {name: value for name, value in super().state_dict().items() if name != "lr_lambdas"}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        vars(self).update(state)


class TestGood(SchedulerContract):
    def make(self, **injected: Any) -> Any:
        return Good(injected["optimizer"], injected["total_steps"])


class Negative(Good):
    def factor(self, step: int) -> float:
        return 1 - 2 * step / self.total_steps


class Nothing(Good):
    def factor(self, step: int) -> float:
        return 0.0


class NanInARunOfOneStep(Good):
    def factor(self, step: int) -> float:
        return math.nan if self.total_steps == 1 else 1.0


class TooShort(Good):
    def factor(self, step: int) -> float:
        return [1.0] * self.total_steps and [1.0, 0.5][step]


class StepsTheOptimizer(Good):
    def step(self, *arguments: Any) -> None:
        for group in self.optimizer.param_groups:
            for weights in group["params"]:
                weights.data += group["lr"]
        super().step(*arguments)


class Random(Good):
    def factor(self, step: int) -> float:
        return random.random()


class Forgets(Good):
    def load_state_dict(self, state: dict[str, Any]) -> None:
        pass


class OneRate(OneCycleLR):
    def __init__(self, optimizer: Optimizer, total_steps: int) -> None:
        super().__init__(optimizer, 0.1, total_steps)


class WaitsForAMetric(ReduceLROnPlateau):
    def __init__(self, optimizer: Optimizer, total_steps: int) -> None:
        super().__init__(optimizer)


@pytest.mark.parametrize(
    ("broken", "check", "arguments"),
    [
        (Negative, "test_lasts_a_whole_run", (SGD, 10, 5)),
        (Nothing, "test_lasts_a_whole_run", (SGD, 10, 5)),
        (NanInARunOfOneStep, "test_lasts_a_whole_run", (SGD, 1, 1)),
        (TooShort, "test_lasts_a_whole_run", (SGD, 10, 5)),
        (WaitsForAMetric, "test_lasts_a_whole_run", (SGD, 10, 5)),
        (OneRate, "test_keeps_the_ratio_of_the_rates_of_groups", ()),
        (Random, "test_a_rate_depends_on_the_step_alone", ()),
        (Forgets, "test_goes_on_from_its_state_as_if_it_had_not_stopped", (13,)),
        (StepsTheOptimizer, "test_moves_no_weight", ()),
    ],
)
def test_a_mistake_is_found(broken: type, check: str, arguments: tuple[Any, ...]) -> None:
    class Suite(SchedulerContract):
        def make(self, **injected: Any) -> Any:
            return broken(injected["optimizer"], injected["total_steps"])

    with pytest.raises((AssertionError, IndexError, TypeError)):
        getattr(Suite(), check)(*arguments)
