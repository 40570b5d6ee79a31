"""Stops a run by a signal. The first one: the step ends, the run is saved and stops. The second: it stops at once."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType, TracebackType
from typing import Any

from fsim.runtime.display import discard_output

SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP")  # Ctrl-C; a cluster takes a machine back; the terminal was closed


class Interruption:
    """While this context is entered, a signal that stops a process is noted in `signal` instead. One that is ignored,
    as SIGHUP is after nohup, stays ignored."""

    def __init__(self) -> None:
        self.signal: int | None = None
        self._immediate = False
        self._before: dict[int, Any] = {}
        self._terminals: list[int] = []

    @property
    def requested(self) -> bool:
        return self.signal is not None

    @property
    def leaves_little_time(self) -> bool:
        """Whether the process may soon be killed: after any signal but Ctrl-C."""
        return self.signal is not None and self.signal != signal.SIGINT

    @property
    def exit_code(self) -> int:
        """As of a process that the signal ended: 130, 143 or 129. Ctrl-C ends where no handler could be set, too."""
        return 128 + (signal.SIGINT if self.signal is None else self.signal)

    def __enter__(self) -> Interruption:
        if threading.current_thread() is threading.main_thread():
            self._terminals = [stream for stream in (1, 2) if os.isatty(stream)]
            numbers = [getattr(signal, name) for name in SIGNALS if hasattr(signal, name)]
            self._before = {
                number: signal.signal(number, self._on_signal)
                for number in numbers
                if signal.getsignal(number) != signal.SIG_IGN
            }
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, before in self._before.items():
            signal.signal(number, before)

    @contextmanager
    def immediate(self) -> Iterator[None]:
        """Within, a signal stops at once: what is lost is measured again."""
        self._immediate = True
        try:
            yield
        finally:
            self._immediate = False

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        at_once = self.requested or self._immediate
        self.signal = number
        if number == getattr(signal, "SIGHUP", None):
            discard_output(self._terminals)  # without this the next line would be an error
        if at_once:
            raise KeyboardInterrupt
