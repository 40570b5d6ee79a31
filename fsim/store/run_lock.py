"""A lock on a run folder: one process at a time writes to a run."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from fsim.errors import FsimError
from fsim.store.run_folder import RunFolder

_descriptors: set[int] = set()  # of the run folders that this process holds


def _release_all() -> None:
    for descriptor in _descriptors:
        os.close(descriptor)
    _descriptors.clear()


if hasattr(os, "register_at_fork"):
    # The workers that load images outlive a killed run for some seconds: they must not go on holding it.
    os.register_at_fork(after_in_child=_release_all)


class HeldError(FsimError):
    """Another process is writing to the run."""


def is_held(folder: RunFolder) -> bool:
    """Return whether a process holds a run; False where the system or the disk has no locks."""
    if os.name == "nt":
        return False
    import fcntl

    descriptor = os.open(folder.path, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:  # some network disks
        return False
    finally:
        os.close(descriptor)
    return False


@contextmanager
def locked(folder: RunFolder) -> Iterator[bool]:
    """Hold a run while this context is entered; a kill releases it.

    Yields whether it is held: where the system or the disk has no locks, it is not.

    Raises:
        HeldError: another process holds it.
        FsimError: it may not be written to.
    """
    if not os.access(folder.path, os.W_OK):
        raise FsimError(f"{folder.path} may not be written to; change its permissions, or copy it to another place")
    if os.name == "nt":
        yield False
        return
    import fcntl

    # Not lockf, whose lock is gone as soon as anything in this process closes the file: a backup that reads it, say.
    descriptor = os.open(folder.path, os.O_RDONLY)
    _descriptors.add(descriptor)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            held = True
        except BlockingIOError as error:
            raise HeldError(f"another process is writing to {folder.path}; wait for its end, or stop it") from error
        except OSError:  # some network disks
            held = False
        yield held
    finally:
        _descriptors.discard(descriptor)
        os.close(descriptor)
