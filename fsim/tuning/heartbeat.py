"""A sign of life of a trial, so that other machines know that it goes on."""

from __future__ import annotations

import threading
from collections.abc import Callable
from types import TracebackType

from fsim.errors import FsimError

EVERY = 30.0  # seconds
GRACE = 300.0  # seconds without a sign, after which nobody works at the trial; clocks may differ by less


class Heartbeat:
    """While this context is entered, a thread calls `beat` every so many seconds. A failing one is warned of once: the
    trial goes on, and its end is told to the study or fails there.

    Args:
        beat: notes the time in the study.
        warn: called with what went wrong.
        every: seconds.
    """

    def __init__(self, beat: Callable[[], None], warn: Callable[[str], None], every: float = EVERY) -> None:
        self.beat, self.warn, self.every = beat, warn, every
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._work, name="heartbeat", daemon=True)

    def __enter__(self) -> Heartbeat:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ending.set()
        self._thread.join()

    def _work(self) -> None:
        warned = False
        while not self._ending.wait(self.every):
            try:
                self.beat()
            except FsimError as error:
                if not warned:
                    self.warn(f"{error}; other machines may take this trial for dead after {GRACE:.0f} seconds")
                warned = True
