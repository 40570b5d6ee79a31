"""What a person sees of a run: progress bars in a terminal, one line an epoch elsewhere, and all of it in log.txt."""

from __future__ import annotations

import errno
import logging
import math
import os
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, TextIO, cast

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from fsim.errors import FsimError

UNLIMITED = 10_000  # characters of a line; tables are no wider than their cells


class _Warnings(logging.Handler):
    """Shows the warnings among what is logged."""

    def __init__(self, console: Console) -> None:
        super().__init__()
        self.console = console

    def emit(self, record: logging.LogRecord) -> None:
        if record.levelno == logging.WARNING:
            self.console.print(f"warning: {record.getMessage()}", style="yellow", markup=False)


class _LogFile(logging.FileHandler):
    """A log file. On a full disk it warns once, and the command goes on."""

    has_warned = False

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802, the name is logging's
        if not self.has_warned:
            self.has_warned = True
            print(f"warning: cannot write {self.baseFilename}: {sys.exc_info()[1]}", file=sys.stderr)


class _LastingOutput:
    """A stream that a command outlives: once nobody can read it (its terminal was closed, or the program that read the
    pipe has ended), what is written to it goes nowhere, and so does stderr where that is the same terminal or pipe."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream

    def write(self, text: str) -> int:
        try:
            return self.stream.write(text)
        except OSError as error:
            self._outlive(error)
            return len(text)

    def flush(self) -> None:
        try:
            self.stream.flush()
        except OSError as error:
            self._outlive(error)
            self.stream.flush()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stream, name)

    def _outlive(self, error: OSError) -> None:
        if error.errno not in (errno.EIO, errno.EPIPE):
            raise error
        stdout, stderr = self.stream.fileno(), 2
        discard_output([stdout, stderr] if os.path.sameopenfile(stdout, stderr) else [stdout])
        logging.getLogger("fsim").info("nobody can read the output any more (%s); only this file has the rest", error)


def discard_output(descriptors: Iterable[int]) -> None:
    """Let what is written to these streams go nowhere: nobody can read them any more."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for descriptor in descriptors:
        os.dup2(nowhere, descriptor)
    os.close(nowhere)


class Display:
    """Speaks to the terminal and to a log file; bars are shown only where someone can see them."""

    def __init__(self, log: Path | None = None, quiet: bool = False) -> None:
        """A quiet one shows nothing: another process speaks. One with a log lets the command go on where nobody can
        read its output any more."""
        output = None if log is None else cast(TextIO, _LastingOutput(sys.stdout))
        self.console = Console(file=output, highlight=False, soft_wrap=True, emoji=False, quiet=quiet)
        if not self.console.is_terminal:
            self.console.width = UNLIMITED
        self.log = logging.getLogger("fsim")  # what any module of fsim logs goes to the file too
        self.log.setLevel(logging.INFO)
        self.log.propagate = False
        self._shown = _Warnings(self.console)
        self.log.addHandler(self._shown)
        self._file = logging.NullHandler() if log is None else _LogFile(log, encoding="utf-8")
        self._file.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
        self.log.addHandler(self._file)
        self._progress: Progress | None = None
        self._tasks: dict[str, TaskID] = {}

    def __enter__(self) -> Display:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leaves the terminal as it was, and the log with what ended the command."""
        self.close_bars()
        if isinstance(error, FsimError):
            self.log.error(str(error))
        elif isinstance(error, Exception):
            self.log.error("an error that fsim does not know", exc_info=error)
        elif error is not None:
            self.log.error("interrupted")
        self.log.removeHandler(self._shown)
        self.log.removeHandler(self._file)
        self._file.close()

    def say(self, text: str) -> None:
        """One line for the user and the log."""
        self.console.print(text, markup=False)
        self.log.info(text)

    def warn(self, text: str) -> None:
        """Something the user should know, which stops nothing."""
        self.log.warning(text)

    def bar(self, name: str, done: int, total: int, text: str = "") -> None:
        """Move a progress bar; it goes away when it is full. Nothing is shown where stdout is no terminal."""
        if not self.console.is_terminal:
            return
        if self._progress is None:
            columns = (
                TextColumn("{task.description}"),
                BarColumn(30),
                TextColumn("{task.completed}/{task.total}"),
            )
            self._progress = Progress(
                *columns,
                TimeRemainingColumn(),
                TextColumn("{task.fields[text]}"),
                console=self.console,
                transient=True,
            )
            self._progress.start()
        if name not in self._tasks:
            self._tasks[name] = self._progress.add_task(name, total=total, text=text)
        self._progress.update(self._tasks[name], completed=done, total=total, text=text)
        if done >= total:
            self._progress.remove_task(self._tasks.pop(name))
            if not self._tasks:
                self.close_bars()

    def close_bars(self) -> None:
        """Take all bars off the screen."""
        if self._progress is not None:
            self._progress.stop()
            self._progress, self._tasks = None, {}

    def table(self, title: str, columns: Iterable[str], rows: Iterable[Iterable[str]]) -> None:
        """A table for the user, as wide as it must be where stdout is no terminal; the log has its rows as lines."""
        table = Table(title=Text(title, "table.title"), title_justify="left")
        for index, column in enumerate(columns):
            table.add_column(column, justify="left" if index == 0 else "right", overflow="fold")
        for row in rows:
            cells = list(row)
            table.add_row(*map(Text, cells))
            self.log.info("  ".join(cells))
        self.console.print(table)


def shown(values: Mapping[str, Any]) -> str:
    """`loss 0.41  recall@1 0.83`"""
    return "  ".join(f"{name} {number(value)}" for name, value in values.items())


def main_metrics(names: Iterable[str]) -> list[str]:
    """Of `<evaluator>/<metric>` those that a person wants to see first: no macro means, no numbers of queries."""
    return [name for name in names if not name.partition("/")[2].startswith(("macro_", "num_queries"))]


def number(value: float | None) -> str:
    """A number as people like to read it."""
    if value is None or math.isnan(value):
        return "-"
    if float(value).is_integer() and abs(value) >= 10:
        return f"{value:.0f}"
    return f"{value:.4f}" if abs(value) < 10 else f"{value:.1f}"


def say_error(message: str) -> None:
    """A user's mistake, on stderr; where a process other than the first says it, with its rank."""
    rank = os.environ.get("RANK", "0")
    print(f"fsim: {message}" if rank == "0" else f"fsim (rank {rank}): {message}", file=sys.stderr)
