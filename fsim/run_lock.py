"""One process at a time writes to a run."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from fsim.errors import FsimError
from fsim.run_folder import RunFolder


@contextmanager
def locked(folder: RunFolder) -> Iterator[None]:
    """Hold a run; a kill lets it go. Where the system or the disk has no locks, nothing is held.

    Raises:
        FsimError: another process holds it.
    """
    if os.name == "nt":
        yield
        return
    import fcntl

    try:
        log = folder.log.open("ab")
    except OSError as error:
        raise FsimError(f"cannot write to {folder.path}: {error.strerror or error}; choose another place") from error
    with log as held:
        try:
            # Not flock, which the workers that load images would go on to hold when this process is killed.
            fcntl.lockf(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except (BlockingIOError, PermissionError) as error:
            raise FsimError(f"another process is writing to {folder.path}; wait for its end, or stop it") from error
        except OSError:  # some network disks
            pass
        yield
