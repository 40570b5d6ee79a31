from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from fsim.errors import FsimError
from fsim.store.run_folder import RunFolder
from fsim.store.status import read_status, recorded_status


def said(folder: RunFolder) -> tuple[str, int, int, str, int | None]:
    status = read_status(folder)
    assert status is not None and status.time.endswith("+00:00")
    return status.state, status.step, status.epoch, status.message, status.exit_code


@pytest.mark.parametrize(
    ("error", "state", "message", "exit_code"),
    [
        (FsimError("the loss is nan; lower the rate"), "failed", "the loss is nan; lower the rate", 2),
        (RuntimeError("ours"), "failed", "RuntimeError: ours", 1),
        (KeyboardInterrupt(), "interrupted", "interrupted", 130),
    ],
)
def test_an_error_is_recorded(tmp_path: Path, error: BaseException, state: str, message: str, exit_code: int) -> None:
    folder = RunFolder(tmp_path)
    with pytest.raises(type(error)), recorded_status(folder) as status:
        assert said(folder) == ("running", 0, 0, "", None)
        status.progress = lambda: (41, 4)
        raise error
    assert said(folder) == (state, 41, 4, message, exit_code)


def test_what_the_run_says_itself_holds(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    with pytest.raises(FsimError), recorded_status(folder) as status:
        status.progress = lambda: (41, 4)
        status.end("stopped", "stopped; all up to step 41 is saved", 130)
        raise FsimError("stopped")
    assert said(folder) == ("stopped", 41, 4, "stopped; all up to step 41 is saved", 130)
    with recorded_status(folder):
        assert said(folder) == ("running", 41, 4, "", None), "from where it was left"


def test_a_damaged_status_is_replaced(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    folder.status.write_text("{")
    with pytest.raises(ValueError):
        read_status(folder)
    with recorded_status(folder) as status:
        status.end("finished", "finished", 0)
    assert said(folder) == ("finished", 0, 0, "finished", 0)


def test_only_one_of_several_processes_writes(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    with recorded_status(folder, is_writer=False) as status:
        status.end("finished", "", 0)
    assert read_status(folder) is None


CODE = """
import os, signal, sys
from pathlib import Path
from fsim.store.run_folder import RunFolder
from fsim.store.status import recorded_status

folder, name, ignored, child = RunFolder(Path(sys.argv[1])), *sys.argv[2:]
if ignored == "True":
    signal.signal(getattr(signal, name), signal.SIG_IGN)
with recorded_status(folder) as status:
    status.progress = lambda: (7, 1)
    process = os.fork() if child == "True" else 0
    if process == 0:
        os.kill(os.getpid(), getattr(signal, name))
        os._exit(0)
    _, code = os.waitpid(process, 0)
    assert os.waitstatus_to_exitcode(code) == -getattr(signal, name)
"""


def signalled(folder: RunFolder, name: str, ignored: bool = False, child: bool = False) -> int:
    command = [sys.executable, "-c", CODE, str(folder.path), name, str(ignored), str(child)]
    return subprocess.run(command).returncode


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
@pytest.mark.usefixtures("hangup_ends_processes")
@pytest.mark.parametrize(("name", "exit_code"), [("SIGTERM", 143), ("SIGHUP", 129)])
def test_a_signal_that_ends_the_process_is_recorded(tmp_path: Path, name: str, exit_code: int) -> None:
    folder = RunFolder(tmp_path)
    assert signalled(folder, name) == -getattr(signal, name), "it ends the process as if nobody had looked"
    assert said(folder) == ("interrupted", 7, 1, name, exit_code)


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_neither_an_ignored_signal_nor_a_worker_ends_the_run(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    assert signalled(folder, "SIGHUP", ignored=True) == 0, "under nohup"
    assert said(folder)[0] == "running"
    assert signalled(folder, "SIGTERM", child=True) == 0
    assert said(folder)[0] == "running"


def test_a_full_disk_hides_no_error(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "run")
    folder.path.mkdir()
    with pytest.raises(FsimError, match="the disk is full"), recorded_status(folder):
        folder.status.unlink()
        folder.path.rmdir()  # nothing can be written there
        raise FsimError("the disk is full")
