from __future__ import annotations

import inspect
from typing import Any

import pytest
from torch.optim import Optimizer

from fsim.registry import load
from fsim.testing.optimizer_contract import OptimizerContract


class TestEveryOptimizer(OptimizerContract):
    components = ("adagrad", "adam", "adamax", "adamw", "nadam", "radam", "rmsprop", "sgd")

    @pytest.fixture(autouse=True, params=components)
    def _name(self, request: pytest.FixtureRequest) -> None:
        self.name = request.param

    @pytest.fixture(autouse=True, params=[None, True], ids=["plain", "fused"])
    def _fused(self, _name: None, request: pytest.FixtureRequest) -> None:
        self.settings = {"lr": 0.1}
        if request.param:  # a training takes it where torch has it
            if "fused" not in inspect.signature(load("optimizer", self.name)).parameters:
                pytest.skip("torch has no fused one")
            self.settings["fused"] = True

    def make(self, params: Any) -> Optimizer:
        return load("optimizer", self.name)(params, **self.settings)  # type: ignore[no-any-return]
