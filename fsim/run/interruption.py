"""Ctrl-C or SIGTERM once: the step ends, the run is saved and stops. Twice: it stops at once."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType, TracebackType
from typing import Any


class Interruption:
    """While this context is entered, SIGINT and SIGTERM, by which a cluster takes a machine back, set `signal`."""

    def __init__(self) -> None:
        self.signal: int | None = None
        self._immediate = False
        self._before: dict[int, Any] = {}

    @property
    def requested(self) -> bool:
        return self.signal is not None

    @property
    def exit_code(self) -> int:
        """As of a process that the signal ended: 130 or 143. Ctrl-C ends where no handler could be set, too."""
        return 128 + (signal.SIGINT if self.signal is None else self.signal)

    def __enter__(self) -> Interruption:
        if threading.current_thread() is threading.main_thread():
            self._before = {one: signal.signal(one, self._on_signal) for one in (signal.SIGINT, signal.SIGTERM)}
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for one, before in self._before.items():
            signal.signal(one, before)

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
        if at_once:
            raise KeyboardInterrupt
