"""Copies a run to its backup beside the training, which it never stops."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

from fsim.backup.copying import back_up
from fsim.backup.place import PAUSES, BackupPlace
from fsim.errors import FsimError
from fsim.run.observer import EpochSummary, RunObserver, RunStart, RunStop
from fsim.runtime.display import Display
from fsim.store.run_folder import RunFolder


class BackgroundBackup:
    """Brings a run's backup up to date in a thread: on request, and every so many minutes.

    Args:
        url: where the backups of all runs are.
        every_minutes: None: only on request.
        parts: as of `back_up`.
        warn: called with what went wrong.
        pauses: as of `BackupPlace`.
    """

    def __init__(
        self,
        folder: RunFolder,
        url: str,
        every_minutes: float | None,
        parts: Sequence[str],
        warn: Callable[[str], None],
        pauses: Sequence[float] = PAUSES,
    ) -> None:
        self.folder, self.url, self.parts, self.warn, self.pauses = folder, url, parts, warn, pauses
        self._seconds = None if every_minutes is None else 60 * every_minutes
        self._requested, self._ending, self._stopped = threading.Event(), threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._work, name="backup", daemon=True)
        self._thread.start()

    def request(self) -> None:
        """Have the backup brought up to date soon; several requests are one."""
        self._requested.set()

    def close(self) -> None:
        """Bring the backup up to date a last time, and wait for that."""
        self._ending.set()
        self._requested.set()
        self._thread.join()

    def stop(self) -> None:
        """End without a last copy; what is being copied is left to its end."""
        self._stopped.set()
        self._requested.set()

    def _work(self) -> None:
        ending = False
        while not ending:
            self._requested.wait(self._seconds)
            if self._stopped.is_set():
                return
            self._requested.clear()
            ending = self._ending.is_set()  # before the copying, so that the last one has all
            try:
                back_up(self.folder, BackupPlace(f"{self.url}/{self.folder.name}", self.pauses), self.parts)
            except FsimError as error:
                self.warn(f"no backup: {error}")
            except OSError as error:
                self.warn(f"no backup: {error.strerror or error}")


class BackupObserver(RunObserver):
    """Copies a run as the `backup` of its recipe says: after each evaluation, every so many minutes, and at its end.
    After an error, or where little time is left, there is no last copy."""

    def __init__(self, display: Display) -> None:
        self.display = display
        self.backup: BackgroundBackup | None = None
        self._copy_at_end = False

    def started(self, start: RunStart) -> None:
        settings = start.training.checked.recipe.backup
        if settings is not None:
            BackupPlace(settings.url)  # rejects a kind of URL that nobody knows
            self.backup = BackgroundBackup(
                start.folder, settings.url, settings.every_minutes, settings.parts, self.display.warn
            )

    def epoch_ended(self, summary: EpochSummary) -> None:
        if self.backup is not None:
            self.backup.request()

    def finished(self) -> None:
        self._copy_at_end = True

    def stopped(self, stop: RunStop) -> None:
        self._copy_at_end = not stop.hurried

    def close(self) -> None:
        if self.backup is None:
            return
        if self._copy_at_end:
            self.backup.close()
        else:
            self.backup.stop()
