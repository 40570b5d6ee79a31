"""A run folder, held by the processes of one command."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from fsim.runtime.display import Display
from fsim.runtime.processes import ALONE, Processes
from fsim.store.run_folder import RunFolder
from fsim.store.run_lock import locked


@dataclass(frozen=True)
class RunSession:
    """Where a run is written, where it is shown, and by which processes it is made."""

    folder: RunFolder
    display: Display
    processes: Processes = ALONE

    @property
    def resume_command(self) -> str:
        """How a user goes on with the run."""
        return f"{self.processes.command} resume {self.folder.path}"


@contextmanager
def open_session(folder: RunFolder, processes: Processes = ALONE) -> Iterator[RunSession]:
    """Hold a run, and open its terminal and its log. Of several processes rank 0 does both, and the others are quiet.

    Raises:
        FsimError: another command holds the run, or it may not be written to.
    """
    if processes.is_rank0:
        with locked(folder), Display(folder.log) as display:
            yield RunSession(folder, display, processes)
    else:
        with Display(quiet=True) as display:
            yield RunSession(folder, display, processes)
