"""The rules of a run: which epoch is the best, when the run ends, and what is due after a step or an epoch.

They are pure functions of the lines of metrics.jsonl and of settings. A run applies them while it trains, and whoever
reads its folder applies them afterwards, so that both come to the same answer.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from fsim.store.metric_lines import EvaluationLine

Lines = Sequence[EvaluationLine]


class _HasAtEnd(Protocol):
    """A protocol, or its settings."""

    @property
    def at_end(self) -> bool:
        """Whether it is measured only after the last epoch."""
        ...


_Asked = TypeVar("_Asked", bound=_HasAtEnd)


@dataclass(frozen=True)
class Choice:
    """By what the best epoch of a run is chosen.

    split           the name of the monitored protocol
    metric          `<evaluator>/<metric>`; None: the last epoch is the best
    less_is_better  of the metric
    since           the first epoch that counts: those before it were chosen by another metric or protocol
    """

    split: str
    metric: str | None
    less_is_better: bool
    since: int = 0

    def value(self, line: EvaluationLine) -> float | None:
        """The metric of an evaluation; None where it is not a number or not there."""
        value = None if self.metric is None else line.metrics.get(self.metric)
        return None if value is None or math.isnan(value) else value

    def of(self, lines: Lines) -> list[EvaluationLine]:
        """The evaluations by the monitored protocol."""
        return [line for line in lines if line.split == self.split]


@dataclass(frozen=True)
class Patience:
    """How long a run goes on without a gain: so many evaluations in a row that gain no more than `min_delta`."""

    evaluations: int
    min_delta: float = 0.0


@dataclass(frozen=True)
class BestEpoch:
    """The best epoch of a run, and by what it was chosen. `value` is None where it is not a number."""

    epoch: int
    split: str
    monitor: str | None
    value: float | None


def monitored_protocol(protocols: Sequence[_Asked]) -> _Asked:
    """Return the protocol that may choose the best epoch: the first that is part of every evaluation, or the first."""
    return next((protocol for protocol in protocols if not protocol.at_end), protocols[0])


def monitored_lines(lines: Lines, at_end: Sequence[bool]) -> list[EvaluationLine]:
    """Return the evaluations by the monitored protocol, of a run whose recipe names its protocols in that order.

    Args:
        lines: all evaluations of the run.
        at_end: of each protocol that the recipe names, whether it is measured only after the last epoch.
    """
    if not lines:
        return []
    latest = [line for line in lines if line.epoch == lines[-1].epoch]  # in the order of the protocols
    all_measured = len(latest) == len(at_end)
    monitored = latest[at_end.index(False) if all_measured and False in at_end else 0]
    return [line for line in lines if line.split == monitored.split]


def monitored_metric(metric: str | None, query: str, protocols_are_named: bool) -> str | None:
    """Return the metric that chooses the best epoch, or None where the last epoch counts.

    Results are reported on other splits than train and val: such a split chooses only where the recipe names it.

    Args:
        metric: as the recipe says.
        query: the split whose images are the queries of the monitored protocol.
        protocols_are_named: whether the recipe names its protocols.
    """
    return metric if query in ("train", "val") or protocols_are_named else None


def choice_of(monitored: Lines) -> Choice | None:
    """Return by what a run chooses, as its latest evaluation by the monitored protocol says.

    None where there is no evaluation, or where it does not say of which metrics less is better.
    """
    if not monitored or monitored[-1].less_is_better is None:
        return None
    latest = monitored[-1]
    return Choice(latest.split, latest.monitor, latest.monitor in (latest.less_is_better or ()))


def best_epoch(lines: Lines, choice: Choice) -> BestEpoch | None:
    """Return the best of the evaluated epochs, of equals the first; None where none was evaluated.

    A value that is not a number is worse than all others. Without a metric the last evaluated epoch is the best.
    """
    counted = [line for line in lines if line.epoch >= choice.since]
    if choice.metric is None:
        return BestEpoch(int(counted[-1].epoch), choice.split, None, None) if counted else None
    best: EvaluationLine | None = None
    for line in choice.of(counted):
        if best is None or gains(choice.value(line), choice.value(best), choice.less_is_better):
            best = line
    return None if best is None else BestEpoch(int(best.epoch), choice.split, choice.metric, choice.value(best))


def ranking(lines: Lines, choice: Choice) -> list[int]:
    """Return the evaluated epochs, the best first and of equals the first; without a metric the last epoch first."""
    values = {int(line.epoch): choice.value(line) for line in choice.of(lines)}
    if choice.metric is None:
        return sorted(values, reverse=True)
    sign = 1 if choice.less_is_better else -1
    return sorted(values, key=lambda epoch: (is_unknown(values[epoch]), sign * (values[epoch] or 0.0), epoch))


def run_ends(lines: Lines, epoch: int, epochs: int, choice: Choice | None, patience: Patience | None) -> bool:
    """Return whether a run ends after an epoch, by its evaluations up to it: it is the last, or nothing was gained."""
    return epoch == epochs or stops_early(lines, epoch, choice, patience)


def stops_early(lines: Lines, epoch: int, choice: Choice | None, patience: Patience | None) -> bool:
    """Return whether a run ends after an epoch because its network no longer gains; an epoch without an evaluation by
    the monitored protocol ends no run."""
    if patience is None or choice is None or choice.metric is None:
        return False
    values = _values(lines, choice)
    waited = since_gain(list(values.values()), choice.less_is_better, patience.min_delta)
    return epoch in values and waited >= patience.evaluations


def last_gain(lines: Lines, choice: Choice, patience: Patience) -> int:
    """Return the last epoch that gained over the last before it that did."""
    values = _values(lines, choice)
    return list(values)[-1 - since_gain(list(values.values()), choice.less_is_better, patience.min_delta)]


def _values(lines: Lines, choice: Choice) -> dict[int, float | None]:
    """{epoch: the monitored metric}, in order."""
    return {int(line.epoch): choice.value(line) for line in choice.of(lines)}


def evaluation_is_due(epoch: int, epochs: int, every: int) -> bool:
    """Return whether the network is measured after an epoch: after every so many epochs, and after the last."""
    return epoch == epochs or epoch % every == 0


def checkpoint_is_due(steps: int, seconds: float, every_steps: int | None, every_minutes: float | None) -> bool:
    """Return whether the state is saved within an epoch, so many steps and seconds after it was saved last."""
    by_steps = every_steps is not None and steps >= every_steps
    return by_steps or (every_minutes is not None and seconds >= 60 * every_minutes)


def kept_epochs(saved: Iterable[int], keep_last: int) -> set[int]:
    """Return the epochs whose state is kept, of those whose state is on the disk."""
    return set(sorted(set(saved))[-keep_last:])


def is_unknown(value: float | None) -> bool:
    """Whether a value is none, or not a number."""
    return value is None or math.isnan(value)


def gains(value: float | None, best: float | None, less_is_better: bool, by: float = 0.0) -> bool:
    """Whether a value is better than another by more than `by`."""
    if value is None or best is None or is_unknown(value) or is_unknown(best):
        return is_unknown(best) and not is_unknown(value)
    return best - value > by if less_is_better else value - best > by


def since_gain(values: Sequence[float | None], less_is_better: bool, by: float = 0.0) -> int:
    """How many values follow the last one that gained over the last before it that did. The first gains, and where
    there is none, none follows."""
    gained = 0
    for place in range(1, len(values)):
        if gains(values[place], values[gained], less_is_better, by):
            gained = place
    return max(0, len(values) - 1 - gained)
