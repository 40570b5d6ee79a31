from __future__ import annotations

from dataclasses import asdict
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest

from fsim.errors import FsimError
from fsim.history.run_record import find_runs, read_record
from fsim.kit.files import write_json
from fsim.run.policy import BestEpoch
from fsim.store.run_folder import RunFolder
from fsim.store.run_lock import locked
from fsim.store.status import RunStatus, State

from ..lines import evaluation_line, training_line


def test_a_finished_run(made_run: Any) -> None:
    record = read_record(made_run("a/20250102T030405Z-2", values=[0.5, 0.8, 0.8, 0.7], epochs=4))
    assert (record.name, record.state, record.epochs_done, record.epochs) == ("made", "finished", 4, 4)
    assert record.started == (datetime(2025, 1, 2, 3, 4, 5, tzinfo=timezone.utc), 2)
    assert record.metrics["exact/recall@1"] == 0.7
    assert record.best == BestEpoch(2, "val", "exact/recall@1", 0.8)  # the first of equals
    assert record.seconds == 4 * (10 + 1)


def test_the_best_is_the_least_where_less_is_better(made_run: Any) -> None:
    folder = made_run("a", values=[0.5, None, 0.2, 0.3], epochs=4, less_is_better=["exact/recall@1"])
    assert read_record(folder).best == BestEpoch(3, "val", "exact/recall@1", 0.2)
    assert read_record(made_run("b", values=[None], epochs=1)).best is None
    assert read_record(made_run("c", values=[0.5], epochs=1, monitor=None)).best is None


def test_the_monitored_protocol_is_the_first_that_is_in_every_evaluation(made_run: Any) -> None:
    protocols = [{"at_end": True}, {"at_end": False}]
    folder: RunFolder = made_run("a", values=[0.5], epochs=2, protocols=protocols)
    assert read_record(folder).state == "unfinished"
    folder.append_metric_lines([evaluation_line(2, {}, split) for split in ("val:train", "val")])
    record = read_record(folder)
    assert record.state == "finished" and record.last is not None and record.last.split == "val"


@pytest.mark.parametrize(
    ("values", "less_is_better", "state"),
    [
        ([0.5, 0.6, 0.6], [], "unfinished"),
        ([0.5, 0.6, 0.6, None], [], "finished"),
        ([0.5, 0.4, 0.4, 0.4], ["exact/recall@1"], "finished"),
        ([0.5, 0.4, 0.4, 0.3], ["exact/recall@1"], "unfinished"),
    ],
)
def test_a_run_that_stopped_early_is_finished(
    made_run: Any, values: list[float | None], less_is_better: list[str], state: str
) -> None:
    folder: RunFolder = made_run("a", values=values, epochs=9, less_is_better=less_is_better)
    assert read_record(folder).state == "unfinished", "no early stopping"
    settings = "early_stopping: {patience: 2, min_delta: 0.01}"
    folder.recipe.write_text(folder.recipe.read_text().replace("early_stopping: null", settings))
    assert read_record(folder).state == state
    folder.append_metric_lines([training_line(5)])  # it went on, with more patience then
    assert read_record(folder).state == "unfinished"


@pytest.mark.parametrize(
    ("state", "shown"),
    [
        ("stopped", "stopped at step 41"),
        ("failed", "failed"),
        ("interrupted", "interrupted"),
        ("running", "unfinished"),  # nobody holds it: it was killed
        ("finished", "unfinished"),  # it got more epochs since
        (None, "unfinished"),
    ],
)
def test_an_unfinished_run_says_how_it_ended(made_run: Any, state: State | None, shown: str) -> None:
    folder = made_run("a", values=[0.5], epochs=2)
    folder.log.write_text("2025-01-01 00:00:00,000 ERROR interrupted\n")
    if state is not None:
        write_json(folder.status, asdict(RunStatus(state, step=41, epoch=1)))
    assert read_record(folder).state == shown
    assert read_record(made_run("b", values=[], epochs=2)).state == "no evaluation yet"
    whole = made_run("c", values=[0.5], epochs=1)
    write_json(whole.status, asdict(RunStatus("running")))
    assert read_record(whole).state == "finished", "killed while it wrote its report"


def test_a_run_that_is_held_is_running(made_run: Any) -> None:
    folder = made_run("a", values=[], epochs=2)
    write_json(folder.status, asdict(RunStatus("running")))
    with locked(folder):
        assert read_record(folder).state == "running"
    assert read_record(folder).state == "no evaluation yet"


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("recipe.yaml", "a: ["),
        ("recipe.yaml", "1"),
        ("metrics.jsonl", '{"epoch"'),
        ("metrics.jsonl", "3\n"),
        ("status.json", "[]"),
    ],
)
def test_a_damaged_run_is_told(made_run: Any, file: str, text: str) -> None:
    folder = made_run("a", values=[0.5], epochs=2)
    (folder.path / file).write_text(text)
    with pytest.raises(FsimError, match=f"{folder.path} is left out: it is no whole run"):
        read_record(folder)


def test_runs_are_found_at_any_depth_and_nothing_else(made_run: Any, tmp_path: Path) -> None:
    made = {made_run(name, values=[0.5], epochs=1).path for name in ("runs/a/1", "runs/b", "runs/c/d/e/2")}
    (tmp_path / "runs" / "hub" / "checkpoints").mkdir(parents=True)  # of another program
    (tmp_path / "runs" / "b" / "copy").mkdir()
    (tmp_path / "runs" / "b" / "copy" / "recipe.yaml").touch()
    assert {folder.path for folder in find_runs(tmp_path / "runs")} == made
    with pytest.raises(FsimError, match="there is no folder"):
        list(find_runs(tmp_path / "rums"))
