"""What a run decides while it trains is what a reader of its folder derives afterwards."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsim.history.run_record import RunRecord, read_record
from fsim.run.policy import (
    BestEpoch,
    Choice,
    Patience,
    best_epoch,
    checkpoint_is_due,
    choice_of,
    evaluation_is_due,
    kept_epochs,
    last_gain,
    monitored_lines,
    monitored_metric,
    monitored_protocol,
    ranking,
    run_ends,
    stops_early,
)
from fsim.store.metric_lines import EvaluationLine, MetricLine
from fsim.store.run_folder import RunFolder

from ..lines import MONITOR, evaluation_line, training_line


@dataclass(frozen=True)
class Asked:
    """A protocol, as far as the rules look at it."""

    split: str
    at_end: bool


@dataclass(frozen=True)
class Settings:
    """What a recipe says, and the values that the network would reach after each epoch."""

    values: Sequence[float | None]
    every: int
    patience: Patience | None
    less_is_better: bool
    protocols: Sequence[Asked]
    metric: str | None = MONITOR

    @property
    def epochs(self) -> int:
        return len(self.values)

    @property
    def choice(self) -> Choice:
        return Choice(monitored_protocol(self.protocols).split, self.metric, self.less_is_better and bool(self.metric))


@dataclass
class Run:
    """A run without a network. It keeps the epochs whose network it wrote as the best, by a running comparison."""

    settings: Settings
    lines: list[MetricLine] = field(default_factory=list)
    best: tuple[int, float | None] | None = None
    ended: bool = False

    def epoch(self, number: int) -> None:
        settings = self.settings
        self.lines.append(training_line(number))
        if not evaluation_is_due(number, settings.epochs, settings.every):
            return
        measured = [self.measured(one, number) for one in settings.protocols if not one.at_end]
        self.ended = run_ends(
            [*self.evaluations, *measured], number, settings.epochs, settings.choice, settings.patience
        )
        if self.ended:
            measured = [self.measured(one, number) for one in settings.protocols]
        self.lines += measured
        if any(line.split == settings.choice.split for line in measured):
            self.compare(number, settings.values[number - 1])

    def compare(self, number: int, value: float | None) -> None:
        sign = -1 if self.settings.less_is_better else 1
        known = value is not None and not math.isnan(value)
        if self.settings.metric is None or self.best is None:
            self.best = (number, value if known and self.settings.metric else None)
        elif value is not None and known and (self.best[1] is None or sign * value > sign * self.best[1]):
            self.best = (number, value)

    def measured(self, protocol: Asked, number: int) -> EvaluationLine:
        settings = self.settings
        value = settings.values[number - 1] if protocol.split == settings.choice.split else 1.0
        less_is_better = (MONITOR,) if settings.less_is_better else ()
        return evaluation_line(
            number, {MONITOR: value}, protocol.split, less_is_better=less_is_better, monitor=settings.metric
        )

    @property
    def evaluations(self) -> list[EvaluationLine]:
        return [line for line in self.lines if isinstance(line, EvaluationLine)]


def record(run: Run, folder: Path) -> RunRecord:
    """What a reader of the folder derives."""
    written, settings = RunFolder(folder), run.settings
    written.checkpoints.mkdir()
    patience = settings.patience
    stopping = None if patience is None else {"patience": patience.evaluations, "min_delta": patience.min_delta}
    protocols = [{"query": one.split, "at_end": one.at_end} for one in settings.protocols]
    written.write_recipe(
        {
            "name": "r",
            "train": {"epochs": settings.epochs, "early_stopping": stopping},
            "evaluation": {"monitor": settings.metric, "protocols": protocols},
        }
    )
    written.append_metric_lines(run.lines)
    return read_record(written)


some_values = st.lists(st.one_of(st.none(), st.just(math.nan), st.sampled_from([0.1, 0.2, 0.25, 0.5])), min_size=1)
some_protocols = st.lists(
    st.builds(Asked, st.sampled_from(["val", "val:train", "test"]), st.booleans()),
    min_size=1,
    unique_by=lambda one: one.split,
)
some_settings = st.builds(
    Settings,
    values=some_values,
    every=st.integers(1, 3),
    patience=st.none() | st.builds(Patience, st.integers(1, 3), st.sampled_from([0.0, 0.05, 0.2])),
    less_is_better=st.booleans(),
    protocols=some_protocols,
    metric=st.sampled_from([MONITOR, MONITOR, None]),
)


@given(some_settings, st.data())
def test_a_reader_derives_what_the_run_decided(settings: Settings, data: st.DataObject) -> None:
    run = Run(settings)
    for number in range(1, settings.epochs + 1):
        run.epoch(number)
        best, choice = best_epoch(run.evaluations, settings.choice), settings.choice
        assert (None if best is None else (best.epoch, best.value)) == run.best
        if best is not None and data.draw(st.booleans(), label="resumed"):
            assert best_epoch(run.evaluations, replace(choice, since=best.epoch)) == best
        if run.ended:
            break
    with tempfile.TemporaryDirectory() as folder:
        found = record(run, Path(folder))
    assert found.state == ("finished" if run.ended else found.state)
    assert (found.state == "finished") == run.ended
    if run.best is not None and settings.metric is not None and run.best[1] is not None:
        assert found.best == BestEpoch(run.best[0], settings.choice.split, MONITOR, run.best[1])
    elif settings.metric is not None:
        assert found.best is None
    if run.ended:
        assert found.last is not None and found.last.split == settings.choice.split


@given(some_settings, st.integers(1, 8))
def test_a_resumed_run_chooses_as_one_that_was_left_alone(settings: Settings, stopped_after: int) -> None:
    alone, choice, chosen = Run(settings), settings.choice, None
    for number in range(1, settings.epochs + 1):
        alone.epoch(number)
        if (best := best_epoch(alone.evaluations, choice)) is not None:
            chosen = best
        if number == stopped_after and chosen is not None:
            choice = replace(choice, since=chosen.epoch)  # as its best checkpoint says
        if alone.ended:
            break
    assert chosen == best_epoch(alone.evaluations, settings.choice)


@given(some_settings)
def test_the_ranking_begins_with_the_best(settings: Settings) -> None:
    lines = [
        evaluation_line(epoch, {MONITOR: value}, settings.choice.split)
        for epoch, value in enumerate(settings.values, start=1)
    ]
    ranked, best = ranking(lines, settings.choice), best_epoch(lines, settings.choice)
    assert best is not None and sorted(ranked) == list(range(1, settings.epochs + 1))
    assert ranked[0] == best.epoch
    again = [line for line in lines if line.epoch != best.epoch]
    assert ranked[1:] == ranking(again, settings.choice)


@given(some_settings)
def test_early_stopping_waits_for_its_patience(settings: Settings) -> None:
    """Held against the definition: each gain is over the last value that gained."""
    patience = settings.patience or Patience(2)
    choice = replace(settings.choice, metric=MONITOR)
    sign = -1 if choice.less_is_better else 1
    gained, waited = -math.inf, -1
    lines: list[EvaluationLine] = []
    for epoch, value in enumerate(settings.values, start=1):
        lines.append(evaluation_line(epoch, {MONITOR: value}, choice.split))
        known = value is not None and not math.isnan(value)
        first = epoch == 1
        better = value is not None and known and (gained == -math.inf or sign * value - gained > patience.min_delta)
        waited = 0 if first or better else waited + 1
        gained = sign * value if value is not None and better else gained
        assert stops_early(lines, epoch, choice, patience) == (waited >= patience.evaluations)
        assert last_gain(lines, choice, patience) == epoch - waited
        assert not stops_early(lines, epoch + 1, choice, patience), "an epoch that was not evaluated"


def test_the_monitored_protocol_is_the_first_that_is_in_every_evaluation() -> None:
    ends, val, test = Asked("val:train", True), Asked("val", False), Asked("test", False)
    assert monitored_protocol([ends, val, test]) is val
    assert monitored_protocol([ends]) is ends
    lines = [evaluation_line(1, {}, "val"), evaluation_line(1, {}, "test")]
    assert monitored_lines(lines, [True, False, False]) == lines[:1]
    lines += [evaluation_line(2, {}, one.split) for one in (ends, val, test)]
    assert monitored_lines(lines, [True, False, False]) == [lines[0], lines[3]]
    assert monitored_lines([], [True]) == []


def test_a_split_for_reports_chooses_only_where_it_is_named() -> None:
    assert monitored_metric(MONITOR, "val", protocols_are_named=False) == MONITOR
    assert monitored_metric(MONITOR, "test", protocols_are_named=False) is None
    assert monitored_metric(MONITOR, "test", protocols_are_named=True) == MONITOR
    assert monitored_metric(None, "val", protocols_are_named=True) is None


def test_a_run_that_does_not_say_what_is_better_chooses_nothing() -> None:
    assert choice_of([evaluation_line(1, {MONITOR: 1.0}, less_is_better=None)]) is None
    assert choice_of([]) is None


@pytest.mark.parametrize(
    ("steps", "seconds", "every_steps", "every_minutes", "due"),
    [
        (5, 600.0, None, None, False),
        (4, 0.0, 5, None, False),
        (5, 0.0, 5, None, True),
        (0, 59.0, None, 1.0, False),
        (0, 60.0, None, 1.0, True),
        (1, 60.0, 5, 1.0, True),
    ],
)
def test_a_checkpoint_is_due(
    steps: int, seconds: float, every_steps: int | None, every_minutes: float | None, due: bool
) -> None:
    assert checkpoint_is_due(steps, seconds, every_steps, every_minutes) == due


def test_the_last_epochs_are_kept() -> None:
    assert kept_epochs([3, 1, 2], keep_last=2) == {2, 3}
    assert kept_epochs([2, 3, 3], keep_last=2) == {2, 3}, "one that is saved again"
    assert kept_epochs([], keep_last=2) == set()
