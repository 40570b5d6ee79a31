"""The sections of a report on what was measured: tables with intervals, curves over epochs, and alarms."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import compress
from typing import Any

from fsim.errors import FsimError
from fsim.functional.statistics.intervals import Interval, mean_intervals
from fsim.history.run_evaluations import best_checkpoint_epoch
from fsim.pages.line_chart import line_chart
from fsim.pages.page import Picture, Section, Table
from fsim.pages.svg import COLOURS, data_uri
from fsim.report.evaluated_run import EvaluatedRun
from fsim.runtime.display import main_metrics, number
from fsim.store.metric_lines import Alarm, EvaluationLine, MetricLine
from fsim.store.per_query import per_query_file, read_per_query
from fsim.store.run_folder import RunFolder


def result_sections(run: EvaluatedRun) -> list[Section]:
    """Show a section of tables, one for each protocol, and one of curves."""
    evaluations = run.folder.evaluation_lines()
    last = evaluations[-1].epoch
    best = best_checkpoint_epoch(run.folder) if run.folder.best.is_file() else None
    text = (
        "Means over queries; in brackets their 95% interval by a bootstrap over the queries, stratified by category. "
        "It tells what other queries would change, not what another seed would."
    )
    tables, more = [], []
    for split in dict.fromkeys(line.split for line in evaluations if line.epoch == last):
        columns = {f"last, epoch {last}": ("last", last)}
        if best not in (None, last) and any(line.split == split and line.epoch == best for line in evaluations):
            columns[f"best, epoch {best}"] = ("best", best)
        whole = _table(run, evaluations, split, columns)
        first = (run.recipe.evaluation.monitor or str(whole.rows[0][0])).partition("/")[0]
        of_first = [str(row[0]).startswith(f"{first}/") for row in whole.rows]
        others = [not shown for shown in of_first]
        tables.append(replace(whole, rows=list(compress(whole.rows, of_first))))
        more.append(replace(whole, rows=list(compress(whole.rows, others))))
    fingerprints = {line.split: line.fingerprint for line in evaluations}
    listed = "  ".join(f"{split}: {fingerprint}" for split, fingerprint in fingerprints.items())
    text = f"{text} Fingerprints of the protocols: {listed}."
    measured = Section("Results", text, tables, more=[table for table in more if table.rows])
    return [measured, Section("Curves", "", charts=_curves(run, evaluations, best))]


def _table(
    run: EvaluatedRun,
    evaluations: Sequence[EvaluationLine],
    split: str,
    columns: Mapping[str, tuple[str, float | None]],
) -> Table:
    """Return the metrics of one protocol, without macro means and counts of queries."""
    cells: list[dict[str, str]] = []
    for which, epoch in columns.values():
        line = next(line for line in evaluations if line.split == split and line.epoch == epoch)
        known = _kept_intervals(run.folder, which, split, run.recipe.seed)
        cells.append(
            {
                name: number(value) + (f" ({known[name].low:.3f} to {known[name].high:.3f})" if name in known else "")
                for name, value in line.metrics.items()
            }
        )
    protocol = line.protocol
    queries = "leave-one-out" if protocol.leave_one_out else f"in {protocol.gallery}"
    title = f"{split}: {protocol.num_queries:,} queries {queries}, relevant: {protocol.relevant}"
    return Table(
        ["metric", *columns],
        [[name, *(column.get(name, "-") for column in cells)] for name in main_metrics(cells[0])],
        title=title,
    )


def _kept_intervals(folder: RunFolder, which: str, split: str, seed: int) -> dict[str, Interval]:
    """Return the intervals of the metrics of which the run kept each query's."""
    try:
        table = read_per_query(per_query_file(folder.per_query(which), split))
    except FsimError:
        return {}  # a run that did not keep them
    metrics = {name: table[name].to_numpy(float) for name in table.columns if "/" in name}
    return mean_intervals(metrics, table["category"].to_numpy(), seed)


def _curves(run: EvaluatedRun, evaluations: Sequence[EvaluationLine], best: float | None) -> list[Picture]:
    train = run.folder.training_lines()
    monitored = [line for line in evaluations if line.split == run.result.protocol.split]
    losses = [name for name in train[0].metrics if name != "learning_rate"] if train else []
    shown = [name for name in run.result.query_values if "/precision" not in name][: len(COLOURS)]
    charts: tuple[tuple[str, Sequence[MetricLine], str, list[str]], ...] = (
        ("Losses of training, means over each epoch", train, "metrics", losses[: len(COLOURS)]),
        (f"Metrics of {run.result.protocol.split}; dashed: the best epoch", monitored, "metrics", shown),
        ("Learning rate at the end of each epoch", train, "metrics", ["learning_rate"]),
        ("Effective rank: dimensions that the embeddings use", monitored, "health", ["effective_rank"]),
    )
    pictures = []
    for caption, lines, part, names in charts:
        series = {name: [(line.epoch, _value(line, part, name)) for line in lines] for name in names}
        if any(math.isfinite(y) for points in series.values() for _, y in points):
            marked = best if lines is monitored and part == "metrics" else None
            pictures.append(Picture(data_uri(line_chart(_short(series), marked)), caption))
    return pictures


def _short(series: Mapping[str, Any]) -> dict[str, Any]:
    """Shorten names by what all of them begin with, the name of an evaluator, say."""
    prefixes = {name.rpartition("/")[0] for name in series}
    return {(name.rpartition("/")[2] if len(prefixes) == 1 else name): points for name, points in series.items()}


def _value(line: MetricLine, part: str, name: str) -> float:
    value = (line.health if part == "health" else line.metrics).get(name)
    return math.nan if value is None else float(value)


def health_section(run: EvaluatedRun) -> Section:
    """Show the alarms of the run with their remedies, and the health of the embeddings in its last evaluation."""
    evaluations = run.folder.evaluation_lines()
    alarms: dict[Alarm, list[float]] = {}
    for line in evaluations:
        for alarm in line.alarms or ():
            alarms.setdefault(alarm, []).append(line.epoch)
    rows = [[_epochs(epochs), alarm.cause, alarm.remedy] for alarm, epochs in alarms.items()]
    last = evaluations[-1].health
    health = Table(["embeddings, last epoch", ""], [[name, number(value)] for name, value in last.items()])
    text = "Nothing looked like a collapse in any evaluation." if not rows else "Alarms, and what to try."
    return Section("Health", text, [*([Table(["epoch", "cause", "remedy"], rows)] if rows else []), health])


def _epochs(epochs: Sequence[float]) -> str:
    return str(epochs[0]) if len(epochs) == 1 else f"{epochs[0]} to {epochs[-1]} ({len(epochs)} evaluations)"
