"""Comparisons of run folders that were written by hand."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from fsim.errors import FsimError
from fsim.history.comparison import compare_runs, match_evaluations
from fsim.history.run_evaluations import RunEvaluation, run_evaluations
from fsim.store.metric_lines import EvaluationLine, ProtocolRecord
from fsim.store.per_query import per_query_file, read_per_query
from fsim.store.run_folder import RunFolder

from ..lines import evaluation_line

NAMES = [["hat", "shoes", ""][row % 3] for row in range(30)]
METRICS = ("exact/recall@1", "annoy/recall@1")


class Written:
    """A run folder whose network found what a seed says, for each query and metric."""

    def __init__(self, path: Path, recipe: str, seed: int) -> None:
        (path / "checkpoints").mkdir(parents=True)
        (path / "recipe.yaml").write_text(recipe, encoding="utf-8")
        self.folder, self.rng = RunFolder(path), np.random.default_rng(seed)

    def _measured(self, place: Path, split: str, epoch: int, evaluator: str, **protocol: Any) -> EvaluationLine:
        found = self.rng.integers(0, 2, 30).astype(float)
        place.mkdir(parents=True)
        table = pd.DataFrame({"image": [f"{row}.jpg" for row in range(30)], "category": NAMES, "item": ""})
        table.assign(**{f"{evaluator}/recall@1": found}).to_csv(per_query_file(place, split), index=False)
        asked = {"query": split, "evaluators": {evaluator: {"k": [1]}}, **protocol}
        return evaluation_line(
            epoch,
            {f"{evaluator}/recall@1": float(found.mean())},
            split,
            protocol=ProtocolRecord({**asked, "distance": "euclidean"}),
            fingerprint=json.dumps(asked).translate(str.maketrans("", "", '"{}[]:, ')),
        )

    def trained(self, split: str, **protocol: Any) -> Written:
        line = self._measured(self.folder.per_query("last"), split, 5, "exact", **protocol)
        self.folder.append_metric_lines([line])
        return self

    def evaluated(self, split: str, evaluator: str = "exact", epoch: int = 5, **protocol: Any) -> Written:
        line = self._measured(self.folder.path / "new", split, epoch, evaluator, **protocol)
        self.folder.evaluations.mkdir(exist_ok=True)
        (self.folder.path / "new").rename(self.folder.evaluation("last", line.fingerprint))
        self.folder.write_evaluation("last", line)
        return self


@pytest.fixture
def two(tmp_path: Path, small_recipe_text: str) -> list[Written]:
    return [Written(tmp_path / name, small_recipe_text, seed).trained("val") for seed, name in enumerate("ab")]


def compared(runs: list[Written]) -> dict[str, tuple[list[float], list[str]]]:
    """{title: the second run's differences, the warnings}"""
    found = compare_runs([run.folder for run in runs], "last", samples=50)
    second = str(runs[1].folder.path)
    return {one.title: (one.table["difference"][one.table["run"] == second].tolist(), one.warnings) for one in found}


def difference(runs: list[Written], pattern: str, metric: str) -> list[float]:
    """From the tables of each query, which stand where the pattern says."""
    first, second = (pd.read_csv(next(run.folder.path.glob(pattern)))[metric].mean() for run in runs)
    return [pytest.approx(second - first)]


def test_evaluations_of_a_split_that_was_not_trained_with(two: list[Written]) -> None:
    for run in two:
        run.evaluated("test")
    found = compared(two)
    assert found == {
        "val": (difference(two, "per_query/last/val.csv", METRICS[0]), []),
        "test": (difference(two, "evaluations/*/test.csv", METRICS[0]), []),
    }


def test_other_evaluators_of_the_split_of_the_training(two: list[Written]) -> None:
    two[0].evaluated("val", "annoy")
    assert [*compared(two)] == ["val"]
    two[1].evaluated("val", "annoy")
    found = compared(two)
    assert [*found] == ["val (exact, queryvalevaluatorsexactk1)", "val (annoy, queryvalevaluatorsannoyk1)"]
    assert found["val (annoy, queryvalevaluatorsannoyk1)"] == (difference(two, "evaluations/*/val.csv", METRICS[1]), [])
    table = compare_runs([run.folder for run in two], "last", samples=50)[1].table
    assert table["best"].sum() == 1, "it is known which way annoy's recall is better"


def test_what_was_never_asked_of_both_is_warned_of(two: list[Written]) -> None:
    two[0].evaluated("test")
    two[1].evaluated("test", flip=True)
    (differences, warnings) = compared(two)["test"]
    assert math.isnan(differences[0]) and "(flip differ)" in warnings[0]
    two[0].evaluated("test", flip=True)
    assert compared(two)["test"] == (
        difference(two, "evaluations/*flip*/test.csv", METRICS[0]),
        [],
    )


def test_what_one_of_them_alone_looked_at_makes_no_difference(two: list[Written]) -> None:
    two[0].evaluated("test")
    two[1].evaluated("test", captions=["a", "a"])
    assert compared(two)["test"] == (difference(two, "evaluations/*/test.csv", METRICS[0]), [])


def test_other_captions_are_another_question(two: list[Written]) -> None:
    two[0].evaluated("test", captions=["b", "b"])
    two[1].evaluated("test", captions=["a", "a"])
    assert "(captions differ)" in compared(two)["test"][1][0]


def test_the_line_of_the_training_wins_and_other_epochs_are_other_networks(two: list[Written]) -> None:
    run = two[0].evaluated("val").evaluated("test", epoch=4)
    (only,) = run_evaluations(run.folder, "last")
    assert only.line == run.folder.evaluation_lines()[0] and only.per_query.parent == run.folder.per_query("last")
    only.per_query.unlink()
    (only,) = run_evaluations(run.folder, "last")
    assert only.line == run.folder.evaluation_lines()[0] and only.per_query.parent.parent == run.folder.evaluations


def test_a_metric_that_is_undefined_is_best_of_none(two: list[Written]) -> None:
    for run in two:
        run.evaluated("test")
    (kept,) = two[1].folder.read_evaluations()
    two[1].folder.write_evaluation("last", replace(kept.line, metrics={METRICS[0]: math.nan}))
    assert "NaN" not in next(two[1].folder.evaluations.glob("*/metrics.json")).read_text()
    _, test = compare_runs([run.folder for run in two], "last", samples=50)
    assert not test.table["best"].any()


def test_tables_of_before_categories_had_names(two: list[Written]) -> None:
    found = compare_runs([run.folder for run in two], "last", samples=50)[0].table
    for run in two:
        file = per_query_file(run.folder.per_query("last"), "val")
        numbers = {"hat": 0, "shoes": 1, "": -1}
        pd.read_csv(file, keep_default_na=False).replace({"category": numbers}).assign(item=-1).to_csv(
            file, index=False
        )
        assert read_per_query(file)["category"].tolist()[:3] == ["0", "1", "-1"]
        pd.testing.assert_frame_equal(compare_runs([run.folder for run in two], "last", samples=50)[0].table, found)


def test_no_split_in_common_is_told(two: list[Written], tmp_path: Path, small_recipe_text: str) -> None:
    other = Written(tmp_path / "c", small_recipe_text, 2).trained("test")
    with pytest.raises(FsimError, match=r"no protocol is common to all runs .*a: val; .*c: test"):
        compare_runs([two[0].folder, other.folder], "last")


def test_without_the_metrics_of_each_query_there_is_no_interval(two: list[Written]) -> None:
    per_query_file(two[1].folder.per_query("last"), "val").unlink()
    ((differences, warnings),) = compared(two).values()
    assert all(math.isnan(one) for one in differences)
    assert "val.csv, so that no interval is given" in warnings[0]


def evaluation(evaluators: str, **protocol: Any) -> RunEvaluation:
    asked = {"query": "val", "evaluators": {name: {} for name in evaluators}, **protocol}
    line = evaluation_line(1, {}, protocol=ProtocolRecord(asked), fingerprint=repr(asked))
    return RunEvaluation(line, Path())


A, B, AB, FLIPPED = evaluation("a"), evaluation("b"), evaluation("ab"), evaluation("a", flip=True)


def test_the_same_fingerprint_first_of_all() -> None:
    assert match_evaluations([[A, B], [B, A]]) == [[A, A], [B, B]]
    assert match_evaluations([[A, FLIPPED], [FLIPPED, A], [A, FLIPPED]]) == [[A] * 3, [FLIPPED] * 3]
    assert match_evaluations([[A, FLIPPED], [A]]) == [[A, A]]


def test_other_evaluators_ask_the_same_thing() -> None:
    assert match_evaluations([[A], [AB]]) == [[A, AB]]
    assert match_evaluations([[A, B], [AB, B]]) == [[A, AB], [B, B]]
    assert match_evaluations([[A, B], [B]]) == [[B, B]]
    assert match_evaluations([[FLIPPED, A], [AB]]) == [[A, AB]]


def test_runs_that_were_never_asked_the_same_thing() -> None:
    assert match_evaluations([[A, B], [FLIPPED]]) == [[A, FLIPPED]]
