"""What a study's page, table and best recipe say."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from optuna.trial import TrialState

from fsim.recipe.validate import check_recipe
from fsim.run.observer import MonitoredEvaluation
from fsim.store.checkpoint import save_checkpoint
from fsim.store.metric_lines import ProtocolRecord
from fsim.store.per_query import per_query_file
from fsim.store.run_folder import RunFolder
from fsim.tuning.results import study_results
from fsim.tuning.study import Study
from fsim.tuning.study_page import importance, study_page, trial_table
from fsim.tuning.tune import open_study, write_best_recipe

from ..lines import evaluation_line

SEARCH = """
search:
  losses.0.margin: {low: 0.5, high: 2.0}
  losses.1.weight: {low: 0.1, high: 1.0, when: {model.head.embedding_dim: 8}}
  model.head.embedding_dim: {choices: [8, 16]}
"""


@pytest.fixture
def study(small_recipe: Path, tmp_path: Path) -> Study:
    text = small_recipe.read_text(encoding="utf-8") + "  expect: {exact/recall@1: '>= 0.1'}\n" + SEARCH
    small_recipe.write_text(text, encoding="utf-8")
    return open_study(small_recipe, [], tmp_path / "runs", "study", None)


def try_all(study: Study, *values: float | None) -> None:
    """Trials of these values; of None: failed."""
    for value in values:
        claim = study.claim(len(values))
        assert claim is not None
        if value is None:
            study.finish(claim, TrialState.FAIL, None, reason="the loss is <not> finite")
        else:
            study.report(claim, MonitoredEvaluation(1, value, False, "a", "b"), 2)
            study.finish(claim, TrialState.COMPLETE, value, epoch=1)
        claim.lock.close()


def test_the_best_is_told_with_what_it_beats(study: Study) -> None:
    try_all(study, 0.5, 0.25, 0.75, None)
    found = study_results(study)
    assert found.best is found.trials[2] and found.count("failed") == 1
    assert found.verdict == (
        "better than the recipe's own values by 0.2500: exact/recall@1 0.7500 (trial 2, epoch 1) against 0.5000"
    )


def write_run(folder: RunFolder, found: list[float], recipe: Path) -> None:
    """What a run leaves of its best network: whether each query was answered rightly."""
    folder.recipe.write_text(yaml.safe_dump(check_recipe(recipe).resolved()), encoding="utf-8")
    save_checkpoint(folder.best, {"epoch": 1})
    folder.per_query("best").mkdir(parents=True)
    table = pd.DataFrame({"image": [f"{row}.jpg" for row in range(len(found))], "category": "hat", "item": ""})
    table.assign(**{"exact/recall@1": found}).to_csv(per_query_file(folder.per_query("best"), "val"), index=False)
    protocol = {"query": "val", "evaluators": {"exact": {"k": [1]}}, "distance": "euclidean"}
    metrics = {"exact/recall@1": float(np.mean(found))}
    folder.append_metric_lines([evaluation_line(1, metrics, protocol=ProtocolRecord(protocol))])


def test_how_sure_the_difference_is_is_told(study: Study, small_recipe: Path) -> None:
    for found in ([0.0, 0.0, 1.0, 1.0] * 10, [0.0, 1.0, 1.0, 1.0] * 10):
        claim = study.claim(3)
        assert claim is not None
        write_run(claim.folder, found, small_recipe)
        study.finish(claim, TrialState.COMPLETE, float(np.mean(found)), epoch=1)
        claim.lock.close()
    sure = study_results(study)
    assert sure.interval is not None and 0.1 < sure.interval[0] < 0.25 < sure.interval[1] < 0.4
    assert re.search(r"by 0.2500: .* against 0.5000; 95% interval over the queries \+0.1\d+ to \+0.3\d+$", sure.verdict)
    assert "may be chance" in replace(sure, interval=(-0.1, 0.5)).verdict


def test_that_nothing_beats_the_recipe_is_told(study: Study) -> None:
    try_all(study, 0.5, 0.5, 0.25)
    found = study_results(study)
    assert found.best is found.own, "of equals the first"
    assert found.verdict.startswith("the recipe's own values stay the best: exact/recall@1 0.5000")


def test_a_failed_first_trial_is_no_base(study: Study) -> None:
    try_all(study, None, 0.5)
    assert "nothing to compare it with: the recipe's own values failed" in study_results(study).verdict


def test_less_may_be_better(study: Study) -> None:
    study.direction = "min"
    try_all(study, 0.5, 0.25)
    assert study_results(study).best == study_results(study).trials[1]


def test_the_best_recipe_is_read_as_it_was_tried(study: Study, tmp_path: Path) -> None:
    try_all(study, 0.5, 0.25, 0.75)
    found = study_results(study)
    assert found.best is not None
    file = study.folder / "best.yaml"
    write_best_recipe(file, study.recipe, found, found.best)
    text = file.read_text(encoding="utf-8")
    assert text.startswith("# The best of 3 trials of small") and "better than the recipe's own values" in text
    checked = check_recipe(file)
    margin = checked.each("losses")[0].value("margin")
    assert margin == found.best.values["losses.0.margin"]
    assert not checked.recipe.search and checked.recipe.evaluation.expect is None


def test_the_page_shows_all_trials(study: Study, tmp_path: Path) -> None:
    try_all(study, 0.5, 0.25, None, 0.75, 0.6, 0.3)
    found = study_results(study)
    table = trial_table(found)
    assert len(table.rows) == 6 and [row[1] for row in table.rows].count("0.7500 *") == 1
    shares = importance(study)
    assert set(shares) <= set(study.recipe.search_space) and sum(shares.values()) == pytest.approx(1)
    study_page(study, found).write(tmp_path / "tune.html")
    page = (tmp_path / "tune.html").read_text(encoding="utf-8")
    assert "the loss is &lt;not&gt; finite" in page and "PED-ANOVA" in page
    assert page.count("data:image/svg+xml") == 1 + 3


def test_the_page_of_a_study_in_which_all_failed(study: Study, tmp_path: Path) -> None:
    try_all(study, None, None)
    study_page(study, study_results(study)).write(tmp_path / "tune.html")
    assert "No trial came to its end" in (tmp_path / "tune.html").read_text(encoding="utf-8")
    assert importance(study) == {}
