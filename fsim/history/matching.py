"""Which evaluations of several runs are put side by side."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from fsim.history.run_evaluations import RunEvaluation


def matching(of_runs: Sequence[Sequence[RunEvaluation]]) -> list[list[RunEvaluation]]:
    """Evaluations of one split that are put side by side, one of each run: those that asked the same thing by the same
    evaluators, and the first ones of each run where none of them is among these. Where the runs were never asked the
    same thing, the first of each."""
    matched = []
    for same in _common(of_runs, lambda one: one.asked):
        alike = [[of[0] for of in evaluators] for evaluators in _common(same, lambda one: one.fingerprint)]
        first = [of[0] for of in same]
        if not any(one in first for evaluations in alike for one in evaluations):
            matched.append(first)
        matched += alike
    return matched or [[of[0] for of in of_runs]]


def _common(
    of_runs: Sequence[Sequence[RunEvaluation]], key: Callable[[RunEvaluation], Any]
) -> list[list[list[RunEvaluation]]]:
    """Of each key that all runs have, in the order of the first run, the evaluations of each run that have it."""
    keys: list[Any] = []
    for one in of_runs[0]:
        if key(one) not in keys and all(any(key(other) == key(one) for other in of) for of in of_runs):
            keys.append(key(one))
    return [[[one for one in of if key(one) == value] for of in of_runs] for value in keys]
