"""Backups beside the training, which they never stop."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

from fsim.backup.copying import back_up
from fsim.backup.place import PAUSES, BackupPlace
from fsim.errors import FsimError
from fsim.store.run_folder import RunFolder


class Backup:
    """A thread that brings a run's backup up to date when it is asked to, and every so many minutes.

    Args:
        url: where the backups of all runs are.
        every_minutes: None: only when asked.
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
        self._asked, self._ending, self._stopped = threading.Event(), threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._work, name="backup", daemon=True)
        self._thread.start()

    def ask(self) -> None:
        """Bring it up to date soon; several requests are one."""
        self._asked.set()

    def close(self) -> None:
        """Bring it up to date a last time, and wait for that."""
        self._ending.set()
        self._asked.set()
        self._thread.join()

    def stop(self) -> None:
        """No more of it, and no last time; what is being copied is left to its end."""
        self._stopped.set()
        self._asked.set()

    def _work(self) -> None:
        ending = False
        while not ending:
            self._asked.wait(self._seconds)
            if self._stopped.is_set():
                return
            self._asked.clear()
            ending = self._ending.is_set()  # before the copying, so that the last one has all
            try:
                back_up(self.folder, BackupPlace(f"{self.url}/{self.folder.name}", self.pauses), self.parts)
            except FsimError as error:
                self.warn(f"no backup: {error}")
            except OSError as error:
                self.warn(f"no backup: {error.strerror or error}")
