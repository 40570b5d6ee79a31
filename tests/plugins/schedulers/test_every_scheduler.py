from __future__ import annotations

from typing import Any, ClassVar

import pytest

from fsim.params import injected_names
from fsim.registry import load
from fsim.testing.scheduler_contract import SchedulerContract


def build(name: str, injected: dict[str, Any], **settings: Any) -> Any:
    scheduler = load("scheduler", name)
    asked = injected_names("scheduler", scheduler)
    return scheduler(**settings, **{name: value for name, value in injected.items() if name in asked})


class TestEveryScheduler(SchedulerContract):
    components = ("constant", "cosine", "multi_step")

    @pytest.fixture(autouse=True, params=components)
    def _name(self, request: pytest.FixtureRequest) -> None:
        self.name = request.param

    @pytest.fixture(autouse=True, params=[0.0, 0.3], ids=["at once", "after a warm-up"])
    def _warmup(self, request: pytest.FixtureRequest) -> None:
        self.warmup = request.param

    def make(self, **injected: Any) -> Any:
        return build(self.name, injected, warmup=self.warmup)


class TestOneCycle(SchedulerContract):
    components = ("one_cycle",)
    keeps_ratios: ClassVar[bool] = False

    def make(self, **injected: Any) -> Any:
        return build("one_cycle", injected, max_lr=0.1)
