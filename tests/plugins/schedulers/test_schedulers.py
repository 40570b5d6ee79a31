from __future__ import annotations

import math
from collections.abc import Callable

import pytest
import torch
from torch.optim.lr_scheduler import LRScheduler

from fsim_plugins.schedulers.constant import constant
from fsim_plugins.schedulers.cosine import cosine
from fsim_plugins.schedulers.multi_step import multi_step


def rates(build: Callable[[torch.optim.Optimizer], LRScheduler], steps: int) -> list[float]:
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=2.0)
    scheduler = build(optimizer)
    seen = []
    for _ in range(steps):
        seen.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return seen


def test_constant_stays_after_its_warm_up() -> None:
    assert rates(lambda optimizer: constant(optimizer, 10), 10) == [2.0] * 10
    warm = rates(lambda optimizer: constant(optimizer, 10, warmup=0.4), 10)
    assert warm == pytest.approx([0.5, 1.0, 1.5, 2.0] + [2.0] * 6)


def test_cosine_is_half_a_cosine() -> None:
    seen = rates(lambda optimizer: cosine(optimizer, 100, warmup=0.0), 100)
    assert seen == pytest.approx([1 + math.cos(math.pi * step / 100) for step in range(100)])
    seen = rates(lambda optimizer: cosine(optimizer, 100, warmup=0.1, final=0.25), 100)
    assert max(seen) == pytest.approx(2.0, rel=1e-3)
    assert seen.index(max(seen)) == 10
    assert seen[-1] == pytest.approx(0.5, rel=1e-2)


def test_multi_step_falls_at_its_milestones() -> None:
    seen = rates(lambda optimizer: multi_step(optimizer, 10, milestones=(0.8, 0.5), gamma=0.5), 10)
    assert seen == pytest.approx([2.0] * 5 + [1.0] * 3 + [0.5] * 2)
