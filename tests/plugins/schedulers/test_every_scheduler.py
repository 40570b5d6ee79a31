from __future__ import annotations

from typing import Any, ClassVar

import pytest
from torch.optim.lr_scheduler import OneCycleLR

from fsim.testing.scheduler_contract import SchedulerContract
from fsim_plugins.schedulers.constant import constant
from fsim_plugins.schedulers.cosine import cosine
from fsim_plugins.schedulers.multi_step import multi_step


class TestFactors(SchedulerContract):
    @pytest.fixture(autouse=True, params=[constant, cosine, multi_step])
    def _component(self, request: pytest.FixtureRequest) -> None:
        self.component = request.param

    @pytest.fixture(autouse=True, params=[0.0, 0.3], ids=["at once", "after a warm-up"])
    def _warmup(self, request: pytest.FixtureRequest) -> None:
        self.warmup = request.param

    def make(self, **injected: Any) -> Any:
        return self.component(injected["optimizer"], injected["total_steps"], warmup=self.warmup)


class TestOneCycle(SchedulerContract):
    keeps_ratios: ClassVar[bool] = False

    def make(self, **injected: Any) -> Any:
        return OneCycleLR(**injected, max_lr=0.1)
