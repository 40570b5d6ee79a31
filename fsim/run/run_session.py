"""A run, held by the processes of one command."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from fsim.runtime.display import Display
from fsim.runtime.processes import ALONE, Processes
from fsim.store.run_folder import RunFolder
from fsim.store.run_lock import locked


@contextmanager
def session(folder: RunFolder, processes: Processes = ALONE) -> Iterator[Display]:
    """Hold a run, and speak to the terminal and its log; of several processes rank 0 does, and the others are quiet.

    Raises:
        FsimError: another command holds it, or it may not be written to.
    """
    if processes.is_rank0:
        with locked(folder), Display(folder.log) as display:
            yield display
    else:
        with Display(quiet=True) as display:
            yield display
