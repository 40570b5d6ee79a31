from __future__ import annotations

import fcntl
import os
from pathlib import Path

import pytest

from fsim.errors import FsimError
from fsim.store.run_folder import RunFolder
from fsim.store.run_lock import locked

pytestmark = pytest.mark.skipif(os.name == "nt", reason="locks of POSIX")


def is_held(folder: RunFolder) -> bool:
    descriptor = os.open(folder.path, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def test_a_run_is_held_whatever_else_reads_its_files(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    folder.log.write_text("said")
    with locked(folder):
        assert folder.log.read_text() == "said" and is_held(folder)
        with pytest.raises(FsimError, match="another process is writing to"), locked(folder):
            pass
        assert is_held(folder), "who was refused has let nothing go"
    assert not is_held(folder)


def test_a_child_that_outlives_its_parent_does_not_hold_it(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    reads, writes = os.pipe()
    parent = os.fork()
    if parent == 0:
        held = locked(folder)
        held.__enter__()
        if os.fork() == 0:  # as a worker that loads images
            os.close(writes)
            os.read(reads, 1)  # until the test is over
        os._exit(0)
    os.close(reads)
    os.waitpid(parent, 0)
    assert not is_held(folder)
    os.close(writes)
