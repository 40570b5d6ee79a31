"""One process at a time writes to a run."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from fsim.errors import FsimError
from fsim.store.run_folder import RunFolder

_held: set[int] = set()  # descriptors of the run folders that this process holds


def _let_go() -> None:
    for descriptor in _held:
        os.close(descriptor)
    _held.clear()


if hasattr(os, "register_at_fork"):
    # The workers that load images outlive a killed run for some seconds: they must not go on holding it.
    os.register_at_fork(after_in_child=_let_go)


class HeldError(FsimError):
    """Another process writes to the run."""


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
    """Hold a run; a kill lets it go. Where the system or the disk has no locks nothing is held, and False is given.

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

    # Not lockf, which lets go as soon as anything in this process closes the file, a backup's reading it say.
    descriptor = os.open(folder.path, os.O_RDONLY)
    _held.add(descriptor)
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
        _held.discard(descriptor)
        os.close(descriptor)
