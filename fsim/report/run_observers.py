"""Who usually follows a run: the terminal, maps, trackers, the report and the backup."""

from __future__ import annotations

from collections.abc import Sequence

from fsim.backup.background import BackupObserver
from fsim.errors import FsimError
from fsim.evaluation.protocol_result import ProtocolResult
from fsim.report.evaluated_run import EvaluatedRun
from fsim.report.page import report_page
from fsim.run.observer import RunObserver, RunStart
from fsim.run.projections import ProjectionObserver
from fsim.run.terminal import TerminalObserver
from fsim.run.trackers import TrackerObserver
from fsim.runtime.display import Display


def usual_observers(display: Display) -> list[RunObserver]:
    """Return those who follow every run, in their order: the backup is the last, so that it copies what the others
    write."""
    return [
        TerminalObserver(display),
        ProjectionObserver(display),
        TrackerObserver(display),
        ReportObserver(display),
        BackupObserver(display),
    ]


class ReportObserver(RunObserver):
    """Writes report.html when a run is at its end. What was learned is kept whatever happens to the report."""

    def __init__(self, display: Display) -> None:
        self.display = display
        self.last: ProtocolResult | None = None  # by the monitored protocol, where this command evaluated the end

    def started(self, start: RunStart) -> None:
        self.start = start

    def measured(self, results: Sequence[ProtocolResult], at_end: bool) -> None:
        if at_end:
            self.last = next((one for one in results if one.protocol is self.start.evaluation.monitored), None)

    def finished(self) -> None:
        folder, training = self.start.folder, self.start.training
        if self.last is None:
            if not folder.report.is_file():
                self.display.say(f"there is no report yet: fsim report {folder.path}")
            return
        recipe = training.checked.recipe
        try:
            run = EvaluatedRun(folder, recipe, training.catalog, training.images, self.last, "last")
            report_page(run).write(folder.report)
        except Exception as error:  # a fault of a plugin's metrics, a full disk
            self.display.warn(f"no report: {error}; then: fsim report {folder.path}")
            self.display.log.info("the report failed", exc_info=not isinstance(error, FsimError))
