"""What every scheduler must hold, as tests to inherit. For authors of plugins; needs pytest.

    class TestMyScheduler(SchedulerContract):
        def make(self, **injected: Any) -> LRScheduler:
            return MyScheduler(injected["optimizer"], injected["total_steps"])

`injected` holds `optimizer`, `total_steps` and `steps_per_epoch`; take what your scheduler asks for.
"""

from __future__ import annotations

import math
import warnings
from typing import Any, ClassVar

import pytest
import torch
from torch.optim import SGD, AdamW, Optimizer

from fsim.testing.optimizer_contract import saved_and_loaded

RATES = (0.1, 0.01)  # learning rates of the optimizer's two groups
RUNS = [(1, 1), (2, 1), (3, 3), (10, 5), (100, 10)]  # total_steps, steps_per_epoch


class SchedulerContract:
    """Inherit it, give `make`, and name the class `Test...`.

    Its `step()` is called after each step of the optimizer, as a training does.
    """

    keeps_ratios: ClassVar[bool] = True  # False if it sets rates of its own; it then excludes `train.learning_rates`

    def make(self, **injected: Any) -> Any:
        """A new scheduler with these injected values."""
        raise NotImplementedError

    @pytest.mark.parametrize("kind", [SGD, AdamW])
    @pytest.mark.parametrize(("total_steps", "steps_per_epoch"), RUNS)
    def test_lasts_a_whole_run(self, kind: type[Optimizer], total_steps: int, steps_per_epoch: int) -> None:
        rates = self.rates(kind, total_steps, steps_per_epoch)
        assert len(rates) == total_steps
        assert all(math.isfinite(rate) and rate >= 0 for step in rates for rate in step)
        assert total_steps < 10 or any(rate > 0 for step in rates for rate in step), "no step learns anything"

    def test_keeps_the_ratio_of_the_rates_of_groups(self) -> None:
        if not self.keeps_ratios:
            pytest.skip("it sets learning rates of its own")
        for first, second in self.rates(SGD, 30, 10):
            assert math.isclose(first * RATES[1], second * RATES[0], rel_tol=1e-9, abs_tol=1e-12)

    def test_a_rate_depends_on_the_step_alone(self) -> None:
        assert self.rates(SGD, 30, 10) == self.rates(SGD, 30, 10)

    @pytest.mark.parametrize("done", [0, 1, 13, 29])
    def test_goes_on_from_its_state_as_if_it_had_not_stopped(self, done: int) -> None:
        expected = self.rates(SGD, 30, 10)
        optimizer, scheduler = self.scheduler(SGD, 30, 10)
        assert take_steps(optimizer, scheduler, done) == expected[:done]
        state = saved_and_loaded({"optimizer": optimizer.state_dict(), "scheduler": scheduler.state_dict()})
        optimizer, scheduler = self.scheduler(SGD, 30, 10)
        optimizer.load_state_dict(state["optimizer"])
        scheduler.load_state_dict(state["scheduler"])
        assert take_steps(optimizer, scheduler, 30 - done) == expected[done:]

    def test_moves_no_weight(self) -> None:
        optimizer, scheduler = self.scheduler(SGD, 10, 5)
        take_steps(optimizer, scheduler, 10)
        assert all(not weight.any() for group in optimizer.param_groups for weight in group["params"])

    def scheduler(self, kind: type[Optimizer], total_steps: int, steps_per_epoch: int) -> tuple[Optimizer, Any]:
        """An optimizer of two groups of weights, and the scheduler under test."""
        groups = [{"params": [torch.nn.Parameter(torch.zeros(1))], "lr": rate} for rate in RATES]
        optimizer = kind(groups, lr=RATES[0])  # type: ignore[call-arg]
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            made = self.make(optimizer=optimizer, total_steps=total_steps, steps_per_epoch=steps_per_epoch)
        return optimizer, made

    def rates(self, kind: type[Optimizer], total_steps: int, steps_per_epoch: int) -> list[list[float]]:
        """The learning rates of both groups at each step of a run."""
        return take_steps(*self.scheduler(kind, total_steps, steps_per_epoch), total_steps)


def take_steps(optimizer: Optimizer, scheduler: Any, steps: int) -> list[list[float]]:
    """So many steps, as a training takes them, and the learning rates of the groups at each."""
    rates = []
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for _ in range(steps):
            rates.append([float(group["lr"]) for group in optimizer.param_groups])
            optimizer.step()
            scheduler.step()
    return rates
