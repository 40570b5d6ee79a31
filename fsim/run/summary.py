"""The end of a run, as a table; what it leaves out for brevity stands in metrics.jsonl."""

from __future__ import annotations

from collections.abc import Sequence

from fsim.recipe.expectation import ExpectedMetric
from fsim.run.run import Result
from fsim.runtime.display import Display, main_metrics, number
from fsim.store.metric_lines import EvaluationLine
from fsim.store.run_folder import RunFolder


def summarise(result: Result, expected: Sequence[ExpectedMetric], folder: RunFolder, display: Display) -> None:
    """Show the last and the best evaluation without the macro means, what is as its recipe expects, and where
    the report and the run folder are."""
    evaluations = folder.evaluation_lines()
    for last in result.last:
        split, shown, columns = last.split, [last], [f"last (epoch {last.epoch})"]
        if result.best is not None and result.best.split == split and result.best.epoch != last.epoch:
            epoch = result.best.epoch
            shown.append(next(line for line in evaluations if line.split == split and line.epoch == epoch))
            columns.append(f"best (epoch {epoch})")
        show_evaluation(shown, columns, display)
    show_expected(expected, display)
    display.say(f"all metrics, macro means too: {folder.metrics}")
    if folder.report.is_file():
        display.say(f"report: {folder.report}")
    display.say(f"run folder: {folder.path}")


def show_expected(expected: Sequence[ExpectedMetric], display: Display) -> None:
    """A line for each metric that the recipe expects something of."""
    for one in expected:
        display.say(f"{'met' if one.met else 'outside'}: {one}")


def show_evaluation(lines: Sequence[EvaluationLine], columns: Sequence[str], display: Display) -> None:
    """A table of one protocol's metrics without the macro means, a column for each line of metrics.jsonl."""
    protocol = lines[0].protocol
    names = main_metrics(lines[0].metrics)
    rows = [[name, *(number(line.metrics[name]) for line in lines)] for name in names]
    queries = "leave-one-out" if protocol.leave_one_out else f"against {protocol.gallery}"
    title = f"{lines[0].split}: {protocol.num_queries} queries {queries}, relevant: {protocol.relevant}"
    display.table(title, ["metric", *columns], rows)
