"""The mean of each metric over runs of several seeds, and how sure one can be of it."""

from __future__ import annotations

import csv
import io
import math
from dataclasses import dataclass

import numpy as np

from fsim.errors import FsimError
from fsim.functional.statistics.intervals import student_interval
from fsim.history.seed_series import SeedSeries
from fsim.kit.files import write_text
from fsim.runtime.display import Display, main_metrics, number
from fsim.store.metric_lines import EvaluationLine


@dataclass(frozen=True)
class MetricMean:
    """A metric over all runs of a series; its mean and interval are None where it is not a number in one of them.

    low, high  the 95 % interval of the mean over seeds, by Student's t
    values     the metric of each run, in the order of the seeds
    """

    mean: float | None
    low: float | None
    high: float | None
    values: list[float | None]


@dataclass(frozen=True)
class SplitMeans:
    """The last evaluation of one protocol by all runs of a series."""

    split: str
    fingerprint: str
    metrics: dict[str, MetricMean]


def seed_means(series: SeedSeries) -> list[SplitMeans]:
    """Return the means of each protocol, in the order of the recipe.

    Raises:
        FsimError: the runs were asked different things.
    """
    runs = [_last_evaluation(series, seed) for seed in series.seeds]
    return [_split_means(series, split, [run[split] for run in runs]) for split in runs[0]]


def _split_means(series: SeedSeries, split: str, lines: list[EvaluationLine]) -> SplitMeans:
    if len({line.fingerprint for line in lines}) > 1:
        raise FsimError(
            f"{split}: the runs were asked different things, so they have no mean; did the data change between them? "
            f"They are kept: fsim compare {' '.join(str(series.runs[seed].path) for seed in series.seeds)}"
        )
    names = list(lines[0].metrics)
    values = np.array([[line.metrics[name] for name in names] for line in lines], dtype=float)  # [R, M]
    means = student_interval(values)
    metrics = {
        name: MetricMean(
            mean=_or_none(means.mean[at]),
            low=_or_none(means.low[at]),
            high=_or_none(means.high[at]),
            values=[_or_none(value) for value in values[:, at]],
        )
        for at, name in enumerate(names)
    }
    return SplitMeans(split, lines[0].fingerprint, metrics)


def write_means(series: SeedSeries, means: list[SplitMeans]) -> None:
    """Write the means into `<time>-seeds.json`, and beside it a csv with a row for each protocol and metric."""
    series.write(
        protocols=[
            {
                "split": of_split.split,
                "fingerprint": of_split.fingerprint,
                "metrics": {name: vars(mean) for name, mean in of_split.metrics.items()},
            }
            for of_split in means
        ]
    )
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow(["split", "metric", "mean", "low", "high", *(f"seed {seed}" for seed in series.seeds)])
    for of_split in means:
        for name, mean in of_split.metrics.items():
            writer.writerow([of_split.split, name, mean.mean, mean.low, mean.high, *mean.values])
    write_text(series.file.with_suffix(".csv"), table.getvalue())


def show_means(series: SeedSeries, means: list[SplitMeans], display: Display) -> None:
    """Show a table for each protocol, without the macro means."""
    for of_split in means:
        shown = [(name, of_split.metrics[name]) for name in main_metrics(of_split.metrics)]
        rows = [
            [name, number(mean.mean), f"{number(mean.low)} to {number(mean.high)}", *map(number, mean.values)]
            for name, mean in shown
        ]
        header = ["metric", "mean", "95% interval", *(f"seed {seed}" for seed in series.seeds)]
        display.table(f"{of_split.split}: {len(series.seeds)} runs, last epoch", header, rows)
    display.say(f"all metrics: {series.file}, {series.file.with_suffix('.csv').name}")


def _last_evaluation(series: SeedSeries, seed: int) -> dict[str, EvaluationLine]:
    """Of the last epoch: {split: its line}."""
    lines = series.runs[seed].evaluation_lines()
    return {line.split: line for line in lines if line.epoch == lines[-1].epoch}


def _or_none(value: float) -> float | None:
    return None if math.isnan(value) else float(value)
