from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from fsim.errors import FsimError
from fsim.store.environment import Environment
from fsim.store.metric_lines import Alarm
from fsim.store.run_folder import RunFolder, TrialRecord

from ..lines import evaluation_line, training_line


def test_run_folders_of_the_same_second_are_different(tmp_path: Path) -> None:
    folders = [RunFolder.create(tmp_path, "r").path for _ in range(5)]
    assert len(set(folders)) == 5
    with pytest.raises(FsimError, match="not the folder of a run"):
        RunFolder.open(folders[0])


TRAIN = '{"epoch": 1, "split": "train", "metrics": {"loss": 1.0}, "health": {}, "timings": {"seconds": 10}}\n'
VAL = (
    '{"epoch": 1, "split": "val", "protocol": {"query": "val"}, "fingerprint": "f", "metrics": {"a/b": null}, '
    '"less_is_better": ["a/b"], "health": {}, "timings": {"seconds": 1}, "monitor": "exact/recall@1", '
    '"alarms": [{"cause": "größer", "remedy": "r"}]}\n'
)


def test_metrics_are_lines_of_valid_json(tmp_path: Path) -> None:
    folder = RunFolder.create(tmp_path, "r")
    assert folder.metric_lines() == []
    folder.append_metric_lines([training_line(1)])
    alarms = (Alarm("größer", "r"),)
    folder.append_metric_lines([evaluation_line(1, {"a/b": math.nan}, less_is_better=("a/b",), alarms=alarms)])
    assert folder.metrics.read_text(encoding="utf-8") == TRAIN + VAL
    (train,), (val,) = folder.training_lines(), folder.evaluation_lines()
    assert folder.metric_lines() == [train, val]
    assert train == training_line(1)
    assert val == evaluation_line(1, {"a/b": None}, less_is_better=("a/b",), alarms=alarms)


def test_lines_that_are_kept_stay_as_they_are(tmp_path: Path) -> None:
    folder = RunFolder.create(tmp_path, "r")
    unknown = VAL.replace('"epoch": 1', '"epoch":2, "of a later version": [1e-3]')
    folder.metrics.write_text(TRAIN + VAL + unknown, encoding="utf-8")
    folder.keep_metric_lines(lambda line: line.split == "val")
    assert folder.metrics.read_text(encoding="utf-8") == VAL + unknown
    folder.append_metric_lines([training_line(1)])
    assert folder.metrics.read_text(encoding="utf-8") == VAL + unknown + TRAIN
    folder.keep_metric_lines(lambda line: False)
    assert folder.metrics.read_text(encoding="utf-8") == ""


def test_an_evaluation_is_kept_with_the_name_of_its_checkpoint(tmp_path: Path) -> None:
    folder = RunFolder.create(tmp_path, "r")
    line = evaluation_line(2.4, {"a/b": 0.5}, monitor=None, alarms=None)
    folder.evaluation("last", "f").mkdir(parents=True)
    folder.write_evaluation("last", line)
    (kept,) = folder.read_evaluations()
    assert (kept.place, kept.checkpoint, kept.line) == (folder.evaluations / "last-f", "last", line)
    text = (kept.place / "metrics.json").read_text()
    assert text.startswith('{\n  "checkpoint": "last",\n  "epoch": 2.4,\n') and "monitor" not in text


def test_later_sessions_stand_behind_the_first_environment(tmp_path: Path) -> None:
    folder = RunFolder.create(tmp_path, "r")
    assert folder.read_environment() is None
    packages = {"torch": "2", "annoy": None}
    first = {"device": "cpu", "precision": "bf16", "processor": "p", "gpu": None, "packages": packages}
    assert folder.note_environment(Environment(first)) == []
    environment = folder.read_environment()
    assert environment is not None and environment.content == {"run": environment.run, **first}
    assert folder.run_id() == environment.run and len(environment.run) == 32
    assert (environment.precision, environment.hardware, environment.python) == ("bf16", "p", None)
    assert environment.packages == {"torch": "2", "annoy": None}
    later = {**first, "device": "cuda", "changed": {"train.epochs": ["1", "2"]}}
    assert folder.note_environment(Environment(later)) == ["device cpu and goes on with cuda"]
    assert folder.note_environment(Environment(first)) == []
    assert json.loads(folder.environment.read_text()) == {**environment.content, "resumed": [later, first]}


def test_a_trial_is_known_by_its_study_and_number(tmp_path: Path) -> None:
    folder = RunFolder.create(tmp_path, "r")
    assert folder.read_trial() is None
    trial = TrialRecord("r/study", "0123", 4, {"train.optimizer.lr": 0.1})
    folder.write_trial(trial)
    assert folder.read_trial() == trial
    folder.trial.write_text("{}")
    assert folder.read_trial() is None
