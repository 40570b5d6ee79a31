"""What a person reads of a run, from the records that its events bring."""

from __future__ import annotations

from pathlib import Path

import pytest

from fsim.run.epoch_evaluation import EarlyStop
from fsim.run.observer import EpochSummary, MonitoredEvaluation, RunResumption, StepProgress
from fsim.run.policy import Choice, Patience
from fsim.run.terminal import TerminalObserver
from fsim.runtime.display import Display
from fsim.store.metric_lines import TrainingLine

CHOICE = Choice("val", "exact/recall@1", less_is_better=False)
TRAINED = TrainingLine(2, {"loss": 0.5, "learning_rate": 1e-3}, {}, {"images_per_second": 41.7, "seconds": 3.0})


def summary(value: float | None = 0.75, choice: Choice = CHOICE, early_stop: EarlyStop | None = None) -> EpochSummary:
    monitored = MonitoredEvaluation(2, value, False, "a", "b")
    return EpochSummary(2, 3, choice, TRAINED, (), monitored, early_stop)


@pytest.mark.parametrize(
    ("event", "text"),
    [
        (summary(), "epoch 2/3  loss 0.5000  learning_rate 0.0010  42 images/s  val exact/recall@1 0.7500"),
        (summary(float("nan")), "epoch 2/3  loss 0.5000  learning_rate 0.0010  42 images/s  val exact/recall@1 -"),
        (summary(None, Choice("test", None, False)), "epoch 2/3  loss 0.5000  learning_rate 0.0010  42 images/s"),
        (
            EpochSummary(1, 3, CHOICE, TRAINED, (), None, None),
            "epoch 1/3  loss 0.5000  learning_rate 0.0010  42 images/s",
        ),
        (EpochSummary(1, 3, CHOICE, None, (), summary().monitored, None), "epoch 1/3  val exact/recall@1 0.7500"),
    ],
)
def test_the_line_of_an_epoch(event: EpochSummary, text: str, capsys: pytest.CaptureFixture[str]) -> None:
    with Display() as display:
        TerminalObserver(display).epoch_ended(event)
    assert capsys.readouterr().out == f"{text}\n"


@pytest.mark.parametrize(("min_delta", "more"), [(0.0, ""), (0.01, " by more than 0.01")])
def test_why_a_run_stopped_early(min_delta: float, more: str, capsys: pytest.CaptureFixture[str]) -> None:
    stop = EarlyStop(5, 3, CHOICE, Patience(2, min_delta))
    with Display() as display:
        observer = TerminalObserver(display)
        observer.epoch_ended(summary(early_stop=stop))
        observer.resumed(RunResumption(5, 0, True, None, stop, None))
    text = (
        f"stopped early after epoch 5: val exact/recall@1 has not gained{more} since epoch 3 "
        f"(train.early_stopping.patience=2)"
    )
    assert capsys.readouterr().out.splitlines()[1:] == [text, "at its end after epoch 5", text]


def test_where_a_run_goes_on_and_that_its_best_epoch_is_chosen_anew(capsys: pytest.CaptureFixture[str]) -> None:
    with Display() as display:
        TerminalObserver(display).resumed(RunResumption(2, 7, False, Choice("test", "exact/map", False), None, None))
    assert capsys.readouterr().out.splitlines() == [
        "warning: the best epoch was chosen by test exact/map, and is chosen anew now",
        "going on after epoch 2, step 7",
    ]


def test_progress_is_shown_only_on_a_terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with Display(tmp_path / "log.txt") as display:
        TerminalObserver(display).step_ended(StepProgress(1, 3, 1, 4, {"loss": 1.0}, 12.0))
    assert capsys.readouterr().out == "" and (tmp_path / "log.txt").read_text() == ""
