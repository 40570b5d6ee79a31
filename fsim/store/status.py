"""status.json: where a run stands, and how the last command that trained it ended."""

from __future__ import annotations

import json
import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import datetime, timezone
from types import FrameType
from typing import Literal

from fsim.errors import FsimError, WriteError
from fsim.kit.files import write_json
from fsim.store.run_folder import RunFolder

State = Literal["running", "finished", "stopped", "interrupted", "failed"]
SIGNALS = ("SIGTERM", "SIGHUP")  # beside SIGINT, which Python raises as KeyboardInterrupt


@dataclass(frozen=True)
class RunStatus:
    """What status.json says.

    state      running: until another state is written, so that a killed run stays so; stopped: by a signal or an
               observer, after all was saved; interrupted: by a signal, at once; failed: by an error
    step       the optimizer step up to which all is saved
    epoch      the epochs that are done by then
    message    what the command said at its end
    exit_code  of the command; None while it runs
    time       when this was written, UTC
    """

    state: State
    step: int = 0
    epoch: int = 0
    message: str = ""
    exit_code: int | None = None
    time: str = ""


def read_status(folder: RunFolder) -> RunStatus | None:
    """Return what status.json says; None where there is none.

    Raises:
        ValueError, TypeError: the file is damaged.
    """
    if not folder.status.is_file():
        return None
    return RunStatus(**json.loads(folder.status.read_text(encoding="utf-8")))


class StatusRecorder:
    """Writes status.json while a command trains a run.

    progress  returns the step up to which all is saved, and the epochs that are done
    """

    def __init__(self, folder: RunFolder) -> None:
        self.folder = folder
        self.progress: Callable[[], tuple[int, int]] = lambda: (0, 0)
        self.has_ended = False

    def start(self) -> None:
        """Say that the run goes on, from where the last command left it."""
        try:
            before = read_status(self.folder)
        except (ValueError, TypeError):
            before = None  # a damaged file is replaced
        if before is not None:
            step, epoch = before.step, before.epoch
            self.progress = lambda: (step, epoch)
        self._write("running", "", None)

    def end(self, state: State, message: str, exit_code: int) -> None:
        """Say how the run ended; what is said first holds. Where the disk is full, nothing is said."""
        if not self.has_ended:
            self.has_ended = True
            with suppress(WriteError):  # the run ends by its own error, or is whole
                self._write(state, message, exit_code)

    def _write(self, state: State, message: str, exit_code: int | None) -> None:
        step, epoch = self.progress()
        time = datetime.now(timezone.utc).isoformat(timespec="seconds")
        write_json(self.folder.status, asdict(RunStatus(state, step, epoch, message, exit_code, time)))


@contextmanager
def recorded_status(folder: RunFolder, is_writer: bool = True) -> Iterator[StatusRecorder]:
    """Record in status.json that a run goes on, and how that ends: by its own word, by an error, or by a signal.

    Args:
        is_writer: whether this process writes to the run; of several rank 0 does.
    """
    recorder = StatusRecorder(folder)
    if not is_writer:
        recorder.has_ended = True
        yield recorder
        return
    recorder.start()
    with _signals_recorded(recorder):
        try:
            yield recorder
        except KeyboardInterrupt:
            recorder.end("interrupted", "interrupted", 128 + signal.SIGINT)
            raise
        except FsimError as error:
            recorder.end("failed", str(error), error.exit_code)
            raise
        except Exception as error:
            recorder.end("failed", f"{type(error).__name__}: {error}", 1)
            raise


@contextmanager
def _signals_recorded(recorder: StatusRecorder) -> Iterator[None]:
    """While this context is entered, a signal that ends the process is recorded first. An ignored one stays ignored."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    process = os.getpid()

    def record(number: int, frame: FrameType | None) -> None:
        if os.getpid() == process:  # and not a worker that loads images
            recorder.end("interrupted", signal.Signals(number).name, 128 + number)
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)

    numbers = [getattr(signal, name) for name in SIGNALS if hasattr(signal, name)]
    taken = [number for number in numbers if signal.getsignal(number) == signal.SIG_DFL]
    for number in taken:
        signal.signal(number, record)
    try:
        yield
    finally:
        for number in taken:
            signal.signal(number, signal.SIG_DFL)
