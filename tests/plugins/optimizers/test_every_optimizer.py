from __future__ import annotations

from typing import Any

import pytest
from torch.optim import SGD, Adagrad, Adam, Adamax, AdamW, NAdam, Optimizer, RAdam, RMSprop

from fsim.testing.optimizer_contract import OptimizerContract


class TestEveryOptimizer(OptimizerContract):
    @pytest.fixture(autouse=True, params=[Adagrad, Adam, Adamax, AdamW, NAdam, RAdam, RMSprop, SGD])
    def _component(self, request: pytest.FixtureRequest) -> None:
        self.component = request.param

    def make(self, params: Any) -> Optimizer:
        return self.component(params, lr=0.1)


class TestFused(OptimizerContract):
    """What a training takes where torch has it: one pass over the weights in place of ten."""

    @pytest.fixture(autouse=True, params=[Adagrad, Adam, AdamW, SGD])
    def _component(self, request: pytest.FixtureRequest) -> None:
        self.component = request.param

    def make(self, params: Any) -> Optimizer:
        return self.component(params, lr=0.1, fused=True)
