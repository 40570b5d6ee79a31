"""What a person sees of a run: its plan, its progress, a line for each epoch, and tables at its end."""

from __future__ import annotations

from collections.abc import Sequence

from fsim.evaluation.evaluation_cost import say_cost
from fsim.evaluation.protocol_result import ProtocolResult
from fsim.recipe.expectation import ExpectedMetric
from fsim.run.epoch_evaluation import EarlyStop
from fsim.run.keeper import RunResult
from fsim.run.observer import (
    EpochSummary,
    RunObserver,
    RunResumption,
    RunStart,
    RunStop,
    StepProgress,
)
from fsim.runtime.display import Display, main_metrics, number, shown
from fsim.store.metric_lines import Alarm, EvaluationLine, TrainingLine
from fsim.store.run_folder import RunFolder


class TerminalObserver(RunObserver):
    """Shows a run on the terminal and in its log."""

    def __init__(self, display: Display) -> None:
        self.display = display

    def started(self, start: RunStart) -> None:
        evaluation, choice = start.evaluation.evaluation, start.evaluation.choice
        self.display.say(_plan(start))
        dimensions = start.training.state.network.dimensions
        say_cost(evaluation.protocols, evaluation.evaluators, dimensions, self.display.say)
        query = start.evaluation.monitored.query
        if start.training.checked.recipe.evaluation.monitor is not None and choice.metric is None:
            self.display.warn(f"there is no split val, and {query} must not choose the best epoch: the last one counts")
        elif choice.metric is not None and query not in ("train", "val"):
            self.display.warn(
                f"the best epoch is chosen by its result on {query}: report the last epoch, or choose by a split val"
            )

    def resumed(self, resumption: RunResumption) -> None:
        former = resumption.former_choice
        if former is not None:
            self.display.warn(f"the best epoch was chosen by {former.split} {former.metric}, and is chosen anew now")
        epoch, position = resumption.epoch, resumption.position
        self.display.say(
            f"at its end after epoch {epoch}" if resumption.at_end else f"going on after epoch {epoch}, step {position}"
        )
        self._say_early_stop(resumption.early_stop)

    def step_ended(self, progress: StepProgress) -> None:
        if self.display.console.is_terminal:
            name = f"epoch {progress.epoch}/{progress.epochs}"
            text = f"{shown(progress.losses)}  {progress.images_per_second:.0f} images/s"
            self.display.bar(name, progress.position, progress.steps_per_epoch, text)

    def measured(self, results: Sequence[ProtocolResult], at_end: bool) -> None:
        raised: dict[str, Alarm] = {}
        for result in results:
            for alarm in result.line.alarms or ():
                raised.setdefault(alarm.cause, alarm)
        for alarm in raised.values():
            self.display.warn(f"epoch {results[0].line.epoch}: {alarm.cause}. Remedy: {alarm.remedy}")

    def epoch_ended(self, summary: EpochSummary) -> None:
        parts = [f"epoch {summary.epoch}/{summary.epochs}"]
        if summary.training is not None:
            parts += [shown(summary.training.metrics), f"{_rate(summary.training):.0f} images/s"]
        metric = summary.choice.metric
        if summary.monitored is not None and metric is not None:
            parts.append(f"{summary.choice.split} {metric} {number(summary.monitored.value)}")
        self.display.say("  ".join(parts))
        self._say_early_stop(summary.early_stop)

    def finished(self) -> None:
        self.display.close_bars()

    def stopped(self, stop: RunStop) -> None:
        self.display.close_bars()

    def _say_early_stop(self, stop: EarlyStop | None) -> None:
        if stop is None:
            return
        more = f" by more than {stop.patience.min_delta:g}" if stop.patience.min_delta else ""
        self.display.say(
            f"stopped early after epoch {stop.epoch}: {stop.choice.split} {stop.choice.metric} has not gained{more} "
            f"since epoch {stop.last_gain} (train.early_stopping.patience={stop.patience.evaluations})"
        )


def _plan(start: RunStart) -> str:
    """What is going to be done, in a line."""
    training = start.training
    recipe, processes, machine = training.checked.recipe, training.processes, training.machine
    together = "" if processes.size == 1 else f" by {processes.size} processes"
    return (
        f"{recipe.name}: {len(training.batches.images.rows)} training images, "
        f"{len(training.catalog.category_names)} categories, {recipe.train.epochs} epochs of "
        f"{training.batches.steps_per_epoch} steps{together} on {machine.device} in {machine.precision}"
    )


def _rate(line: TrainingLine) -> float:
    return line.timings["images_per_second"] or 0.0


def show_result(result: RunResult, expected: Sequence[ExpectedMetric], folder: RunFolder, display: Display) -> None:
    """Show the last and the best evaluation without the macro means, what is as its recipe expects, and where the
    report and the run folder are. What is left out stands in metrics.jsonl."""
    evaluations = folder.evaluation_lines()
    for last in result.last:
        split, lines, columns = last.split, [last], [f"last (epoch {last.epoch})"]
        if result.best is not None and result.best.split == split and result.best.epoch != last.epoch:
            epoch = result.best.epoch
            lines.append(next(line for line in evaluations if line.split == split and line.epoch == epoch))
            columns.append(f"best (epoch {epoch})")
        show_evaluation(lines, columns, display)
    show_expected(expected, display)
    display.say(f"all metrics, macro means too: {folder.metrics}")
    if folder.report.is_file():
        display.say(f"report: {folder.report}")
    display.say(f"run folder: {folder.path}")


def show_expected(expected: Sequence[ExpectedMetric], display: Display) -> None:
    """Show a line for each metric that the recipe expects something of."""
    for one in expected:
        display.say(f"{'met' if one.met else 'outside'}: {one}")


def show_evaluation(lines: Sequence[EvaluationLine], columns: Sequence[str], display: Display) -> None:
    """Show a table of one protocol's metrics without the macro means, a column for each line of metrics.jsonl."""
    protocol = lines[0].protocol
    names = main_metrics(lines[0].metrics)
    rows = [[name, *(number(line.metrics[name]) for line in lines)] for name in names]
    queries = "leave-one-out" if protocol.leave_one_out else f"against {protocol.gallery}"
    title = f"{lines[0].split}: {protocol.num_queries} queries {queries}, relevant: {protocol.relevant}"
    display.table(title, ["metric", *columns], rows)
