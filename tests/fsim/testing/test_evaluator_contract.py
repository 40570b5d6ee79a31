"""The suite for plugin authors finds the mistakes that it is for."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np
import pytest

from fsim.interfaces import Distance, RetrievalTask
from fsim.testing.evaluator_contract import DEGENERATE, EvaluatorContract


class Good:
    directions: ClassVar[dict[str, str]] = {"spread": "max"}

    def __init__(self, seed: int) -> None:
        self.seed = seed

    def __call__(self, task: RetrievalTask) -> dict[str, float]:
        points = task.query.embedding
        return {"spread": float(points.std()) if len(points) > 1 else math.nan}


class Unannounced(Good):
    def __call__(self, task: RetrievalTask) -> dict[str, float]:
        return super().__call__(task) | {"more": 1.0}


class NoDirection(Good):
    directions: ClassVar[dict[str, str]] = {"spread": "up"}


class Array(Good):
    def __call__(self, task: RetrievalTask) -> dict[str, float]:
        return {"spread": np.float64(1)}


class Infinite(Good):
    def __call__(self, task: RetrievalTask) -> dict[str, float]:
        return {"spread": math.inf if len(task.query.names) < 3 else 1.0}


class Crashes(Good):
    def __call__(self, task: RetrievalTask) -> dict[str, float]:
        return {"spread": 1.0 / (len(task.query.names) - 1)}


class Warns(Good):
    def __call__(self, task: RetrievalTask) -> dict[str, float]:
        warnings.warn("only one image", stacklevel=2)
        return {"spread": 1.0}


class Random(Good):
    def __call__(self, task: RetrievalTask) -> dict[str, float]:
        return {"spread": float(np.random.random())}


class Changes(Good):
    def __call__(self, task: RetrievalTask) -> dict[str, float]:
        task.query.embedding[0] += 1
        return {"spread": 1.0}


class Nothing(Good):
    def __call__(self, task: RetrievalTask) -> dict[str, float]:
        return {"spread": math.nan}


def failures(kind: Callable[..., Any]) -> set[str]:
    class Suite(EvaluatorContract):
        def make(self, seed: int) -> Any:
            return kind(seed)

    def degenerate(suite: EvaluatorContract) -> None:
        distance: Distance = "euclidean"
        for labels in DEGENERATE.values():
            suite.test_an_undefined_metric_is_nan(labels, "distinct", distance)

    calls: dict[str, Callable[[EvaluatorContract], None]] = {
        "names": lambda suite: suite.test_names_its_metrics_before_it_sees_data(),
        "ordinary": lambda suite: suite.test_measures_every_kind_of_task("category", "euclidean", False),
        "degenerate": degenerate,
        "repeats": lambda suite: suite.test_the_same_task_gives_the_same_numbers(),
        "leaves": lambda suite: suite.test_leaves_the_embeddings_and_the_global_generators_alone(),
    }
    failed = set()
    for name, call in calls.items():
        try:
            call(Suite())
        except Exception:
            failed.add(name)
    return failed


def test_a_good_evaluator_passes() -> None:
    assert failures(Good) == set()


@pytest.mark.parametrize(
    ("kind", "finds"),
    [
        (Unannounced, "names"),
        (NoDirection, "names"),
        (Array, "ordinary"),
        (Infinite, "degenerate"),
        (Crashes, "degenerate"),
        (Warns, "ordinary"),
        (Random, "repeats"),
        (Random, "leaves"),
        (Changes, "leaves"),
        (Nothing, "ordinary"),
    ],
)
def test_a_mistake_is_found(kind: type, finds: str) -> None:
    assert finds in failures(kind)
