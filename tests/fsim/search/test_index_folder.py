from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from fsim.errors import FsimError
from fsim.search.index_folder import IndexFolder

KILLED = """
import os, signal, sys
from pathlib import Path
from fsim.search.index_folder import IndexFolder

def fill(folder):
    (folder / "one").write_text("new")
    if sys.argv[2] == "filling":
        os.kill(os.getpid(), signal.SIGKILL)

def hook(event, arguments):
    if event == "os.rename" and sys.argv[2] == "naming" and str(arguments[1]).endswith("current.json"):
        os.kill(os.getpid(), signal.SIGKILL)

sys.addaudithook(hook)
folder = IndexFolder(Path(sys.argv[1]))
with folder.locked():
    folder.replace(fill)
"""


def filled(text: str) -> object:
    return lambda place: (place / "one").write_text(text)


def content(folder: IndexFolder) -> str:
    current = folder.current()
    assert current is not None
    return (current / "one").read_text()


def test_the_last_counts_and_the_one_before_is_kept(tmp_path: Path) -> None:
    folder = IndexFolder(tmp_path / "index")
    assert folder.current() is None
    for text in ("a", "b", "c"):
        with folder.locked():
            folder.replace(filled(text))  # type: ignore[arg-type]
        assert content(folder) == text
    assert sorted(one.name for one in folder.path.iterdir() if one.is_dir()) == ["000002", "000003"]


@pytest.mark.parametrize("when", ["filling", "naming"])
def test_a_kill_leaves_the_old_and_the_next_replaces_it(tmp_path: Path, when: str) -> None:
    folder = IndexFolder(tmp_path)
    with folder.locked():
        folder.replace(filled("old"))  # type: ignore[arg-type]
    killed = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path), when], env={**os.environ})
    assert killed.returncode == -signal.SIGKILL
    assert content(folder) == "old"
    with folder.locked():
        folder.replace(filled("new"))  # type: ignore[arg-type]
    assert content(folder) == "new"
    assert not list(tmp_path.glob(".*.building"))


def test_a_failing_writer_leaves_the_old(tmp_path: Path) -> None:
    folder = IndexFolder(tmp_path)
    with folder.locked():
        folder.replace(filled("old"))  # type: ignore[arg-type]
        with pytest.raises(FsimError, match="cannot write"):
            folder.replace(lambda place: (place / "no" / "folder").write_text(""))  # type: ignore[arg-type]
        with pytest.raises(ZeroDivisionError):
            folder.replace(lambda place: 1 / 0)  # type: ignore[arg-type, return-value]
    assert content(folder) == "old" and not list(tmp_path.glob(".*.building"))


def test_one_at_a_time_writes(tmp_path: Path) -> None:
    told = pytest.raises(FsimError, match="another process is changing")
    with IndexFolder(tmp_path).locked(), told, IndexFolder(tmp_path).locked():
        pass


@pytest.mark.parametrize("text", ["{", "{}", '{"generation": "../x"}', '{"generation": 3}'])
def test_a_damaged_name_is_told(tmp_path: Path, text: str) -> None:
    (tmp_path / "current.json").write_text(text)
    with pytest.raises(FsimError, match="again by --rebuild"):
        IndexFolder(tmp_path).current()
