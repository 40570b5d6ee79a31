"""What files of earlier versions lack is filled in; what this version writes is read as it is."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
import torch

from fsim.history.run_record import read_record
from fsim.store.checkpoint import load_checkpoint
from fsim.store.metric_lines import Alarm
from fsim.store.older_runs import upgrade_checkpoint, upgrade_environment, upgrade_line, upgrade_recipe
from fsim.store.run_folder import RunFolder

from ..lines import evaluation_line, training_line

RECIPE = """name: r
train: {epochs: 2}
evaluation: {monitor: exact/recall@1, protocols: []}
"""
TRAIN = {"epoch": 1, "split": "train", "metrics": {"loss": 1.0}, "timings": {"images_per_second": 9.0}}
VAL = {
    "epoch": 1,
    "split": "val",
    "protocol": {"query": "val"},
    "fingerprint": "f",
    "metrics": {"exact/recall@1": 0.5},
    "timings": {"exact/seconds": 0.1},
}


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    """As the first versions left it."""
    made = RunFolder.create(tmp_path, "r")
    made.recipe.write_text(RECIPE)
    made.metrics.write_text("".join(json.dumps(line) + "\n" for line in (TRAIN, VAL)))
    return made


def never() -> str | None:
    raise AssertionError("the recipe is not asked")


@pytest.mark.parametrize(
    "line", [training_line(1), evaluation_line(1, {"a": None}, alarms=(Alarm("c", "r"),), monitor=None)]
)
def test_a_whole_line_stays_as_it_is(line: Any) -> None:
    assert upgrade_line(line.to_json(), never) == line.to_json()


def test_lines_without_health_seconds_and_monitor(folder: RunFolder) -> None:
    (train,), (val,) = folder.training_lines(), folder.evaluation_lines()
    assert train.health == {} and train.timings["seconds"] is None
    assert val.health == {} and val.timings["seconds"] is None
    assert (val.monitor, val.alarms, val.less_is_better) == ("exact/recall@1", (), None)


def test_a_record_of_a_run_that_does_not_say_what_is_better(folder: RunFolder) -> None:
    record = read_record(folder)
    assert (record.state, record.epochs_done, record.monitor) == ("unfinished", 1, "exact/recall@1")
    assert record.best is None and record.less_is_better is None and record.seconds is None
    assert record.metrics == {"exact/recall@1": 0.5}
    folder.append_metric_lines([training_line(2), evaluation_line(2, {"exact/recall@1": 0.7})])
    assert read_record(folder).state == "finished"
    first = folder.metrics.read_text().splitlines()[:2]
    assert [json.loads(line) for line in first] == [TRAIN, VAL], "what was written stays"


def test_an_evaluation_with_nan(folder: RunFolder) -> None:
    place = folder.evaluation("last", "f")
    place.mkdir(parents=True)
    (place / "metrics.json").write_text(json.dumps({"checkpoint": "last", **VAL, "metrics": {"a": float("nan")}}))
    (kept,) = folder.read_evaluations()
    assert kept.line.metrics == {"a": None} and kept.line.alarms is None and kept.line.monitor is None


def test_a_recipe_without_early_stopping() -> None:
    assert upgrade_recipe({"train": {"epochs": 2}}) == {"train": {"epochs": 2, "early_stopping": None}}
    whole = {"train": {"early_stopping": {"patience": 1}}}
    assert upgrade_recipe(whole) == whole


def test_the_id_of_a_run_is_that_of_its_name_and_first_environment() -> None:
    first = {"device": "cpu", "python": "3.12"}
    digest = hashlib.sha256(json.dumps(["r/time", first], sort_keys=True).encode()).hexdigest()[:32]
    for environment in (first, {**first, "resumed": [{"device": "cuda"}]}):
        assert upgrade_environment(environment, "r/time") == {"run": digest, **environment}
    assert upgrade_environment({"run": "a"}, "r/time") == {"run": "a"}


def test_checkpoints_without_what_came_later(tmp_path: Path) -> None:
    weights = {"w": torch.ones(1)}
    state = {"format": 1, "model": weights, "category_names": ["hat"], "step": 3, "steps_per_epoch": 2, "sums": {}}
    torch.save(state, tmp_path / "last.pt")
    read = load_checkpoint(tmp_path / "last.pt")
    assert (read.num_attributes, read.vocabulary, read.resolved, read.epochs_trained) == (0, None, None, 1.5)
    assert torch.equal(read.weights["w"], weights["w"])
    assert (read.content["scaler"], read.content["signs"], read.content["processes"]) == ({}, {}, 1)
    whole = {**state, "num_attributes": 3, "vocabulary": ["a"], "processes": 2, "captions": "c", "resolved": {"a": 1}}
    whole |= {"scaler": {"s": 1}, "signs": {"s": 1}, "average": {"module.w": weights["w"]}}
    assert upgrade_checkpoint(whole) == whole
    assert upgrade_checkpoint({"epoch": 1, **whole, "best": None})["best"] is None
