"""Ctrl-C once: the step ends, the run is saved and stops. Ctrl-C twice: it stops at once."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType, TracebackType
from typing import Any


class Interruption:
    """While this context is entered, SIGINT sets `requested` in place of raising KeyboardInterrupt."""

    def __init__(self) -> None:
        self.requested = False
        self._immediate = False
        self._before: Any = None

    def __enter__(self) -> Interruption:
        if threading.current_thread() is threading.main_thread():
            self._before = signal.signal(signal.SIGINT, self._on_signal)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._before is not None:
            signal.signal(signal.SIGINT, self._before)

    @contextmanager
    def immediate(self) -> Iterator[None]:
        """Within, Ctrl-C stops at once: what it would lose is measured again."""
        self._immediate = True
        try:
            yield
        finally:
            self._immediate = False

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        at_once = self.requested or self._immediate
        self.requested = True
        if at_once:
            raise KeyboardInterrupt
