from __future__ import annotations

import pytest

from fsim.run.collapse import alarms
from fsim.store.metric_lines import Alarm

HEALTHY = {"effective_rank": 13.0, "spread": 0.02, "duplicates": 0.0}


def of(health: dict[str, float | None] | None = None, steps: int = 100, **signs: float) -> list[Alarm]:
    return alarms("val", health or HEALTHY, {f"one/{name}": value for name, value in signs.items()}, steps, 0.5)


@pytest.mark.parametrize(
    "signs",
    [
        {},
        {"loss": 0.5, "collapsed": 1.0, "active_negatives": 0.0},  # the end of an easy task
        {"loss": 0.0, "collapsed": 0.0, "active_negatives": 0.0},  # no pair, or nothing left to learn
        {"loss": 2.0, "collapsed": 0.2, "active_triplets": 0.98},  # hardest triplets, early
        {"loss": 0.2, "collapsed": 0.2, "active_triplets": 0.8},  # hardest triplets, when they pass the margin
        {"loss": 1.0, "collapsed": 0.2, "active_triplets": 0.05},  # all triplets: a mean of those that cost something
        {"loss": 3.4, "collapsed": 3.5},
        {"loss": 0.5, "collapsed": 0.0},  # a regulariser
    ],
)
def test_a_healthy_run(signs: dict[str, float]) -> None:
    assert of(**signs) == []


@pytest.mark.parametrize(
    ("health", "cause"),
    [
        ({**HEALTHY, "effective_rank": 1.1}, "effective rank 1.10"),
        ({**HEALTHY, "spread": 2e-6}, "spread 2.0e-06"),
        ({"effective_rank": None, "spread": 0.0, "duplicates": 1.0}, "100% of them"),
    ],
)
def test_collapsed_embeddings(health: dict[str, float | None], cause: str) -> None:
    (alarm,) = of(health)
    assert alarm.cause.startswith("the embeddings of val have collapsed: ") and cause in alarm.cause
    assert "lower train.optimizer.lr (now 0.5) tenfold" in alarm.remedy


def test_undefined_measures_are_no_alarm() -> None:
    assert of({"effective_rank": None, "spread": None, "duplicates": None}) == []


def test_a_loss_at_the_margin() -> None:
    (alarm,) = of(loss=0.2, collapsed=0.2, active_triplets=1.0)
    assert alarm.cause == "the loss one stands at 0.2, and costs 0.2 where all embeddings are one"
    assert "easier mining" in alarm.remedy
    assert of(steps=39, loss=0.2, collapsed=0.2, active_triplets=1.0) == []
    assert len(of(loss=3.45, collapsed=3.43)) == 1


def test_a_margin_of_zero_is_told_at_once() -> None:
    (alarm,) = of(steps=1, loss=0.3, collapsed=0.0, active_negatives=0.0)
    assert "keeps embeddings apart" in alarm.cause and "margin above 0" in alarm.remedy


def test_a_margin_far_below_the_distances() -> None:
    (alarm,) = of(loss=45.0, collapsed=1.0, active_negatives=0.03)
    assert "only 3.0% of its negative pairs" in alarm.cause and "raise the margin of one" in alarm.remedy


def test_the_remedy_of_a_collapse_is_that_of_its_loss() -> None:
    embeddings, loss = of({**HEALTHY, "spread": 1e-9}, loss=0.3, collapsed=0.0, active_negatives=0.0)
    assert embeddings.remedy == loss.remedy
