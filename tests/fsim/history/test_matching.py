from __future__ import annotations

from pathlib import Path
from typing import Any

from fsim.history.matching import matching
from fsim.history.run_evaluations import RunEvaluation
from fsim.store.metric_lines import ProtocolRecord

from ..lines import evaluation_line


def evaluation(evaluators: str, **protocol: Any) -> RunEvaluation:
    asked = {"query": "val", "evaluators": {name: {} for name in evaluators}, **protocol}
    line = evaluation_line(1, {}, protocol=ProtocolRecord(asked), fingerprint=repr(asked))
    return RunEvaluation("val", line, Path())


A, B, AB, FLIPPED = evaluation("a"), evaluation("b"), evaluation("ab"), evaluation("a", flip=True)


def test_the_same_fingerprint_first_of_all() -> None:
    assert matching([[A, B], [B, A]]) == [[A, A], [B, B]]
    assert matching([[A, FLIPPED], [FLIPPED, A], [A, FLIPPED]]) == [[A] * 3, [FLIPPED] * 3]
    assert matching([[A, FLIPPED], [A]]) == [[A, A]]


def test_other_evaluators_ask_the_same_thing() -> None:
    assert matching([[A], [AB]]) == [[A, AB]]
    assert matching([[A, B], [AB, B]]) == [[A, AB], [B, B]]
    assert matching([[A, B], [B]]) == [[B, B]]
    assert matching([[FLIPPED, A], [AB]]) == [[A, AB]]


def test_runs_that_were_never_asked_the_same_thing() -> None:
    assert matching([[A, B], [FLIPPED]]) == [[A, FLIPPED]]
