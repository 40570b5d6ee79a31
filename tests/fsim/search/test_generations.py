from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from fsim.errors import FsimError
from fsim.search.generations import Generations

KILLED = """
import os, signal, sys
from pathlib import Path
from fsim.search.generations import Generations

def fill(folder):
    (folder / "one").write_text("new")
    if sys.argv[2] == "filling":
        os.kill(os.getpid(), signal.SIGKILL)

def hook(event, arguments):
    if event == "os.rename" and sys.argv[2] == "naming" and str(arguments[1]).endswith("current.json"):
        os.kill(os.getpid(), signal.SIGKILL)

sys.addaudithook(hook)
generations = Generations(Path(sys.argv[1]))
with generations.held():
    generations.replace(fill)
"""


def filled(text: str) -> object:
    return lambda folder: (folder / "one").write_text(text)


def content(generations: Generations) -> str:
    current = generations.current()
    assert current is not None
    return (current / "one").read_text()


def test_the_last_counts_and_the_one_before_is_kept(tmp_path: Path) -> None:
    generations = Generations(tmp_path / "index")
    assert generations.current() is None
    for text in ("a", "b", "c"):
        with generations.held():
            generations.replace(filled(text))  # type: ignore[arg-type]
        assert content(generations) == text
    assert sorted(one.name for one in generations.path.iterdir() if one.is_dir()) == ["000002", "000003"]


@pytest.mark.parametrize("when", ["filling", "naming"])
def test_a_kill_leaves_the_old_and_the_next_replaces_it(tmp_path: Path, when: str) -> None:
    generations = Generations(tmp_path)
    with generations.held():
        generations.replace(filled("old"))  # type: ignore[arg-type]
    killed = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path), when], env={**os.environ})
    assert killed.returncode == -signal.SIGKILL
    assert content(generations) == "old"
    with generations.held():
        generations.replace(filled("new"))  # type: ignore[arg-type]
    assert content(generations) == "new"
    assert not list(tmp_path.glob(".*.building"))


def test_a_failing_writer_leaves_the_old(tmp_path: Path) -> None:
    generations = Generations(tmp_path)
    with generations.held():
        generations.replace(filled("old"))  # type: ignore[arg-type]
        with pytest.raises(FsimError, match="cannot write"):
            generations.replace(lambda folder: (folder / "no" / "folder").write_text(""))  # type: ignore[arg-type]
        with pytest.raises(ZeroDivisionError):
            generations.replace(lambda folder: 1 / 0)  # type: ignore[arg-type, return-value]
    assert content(generations) == "old" and not list(tmp_path.glob(".*.building"))


def test_one_at_a_time_writes(tmp_path: Path) -> None:
    told = pytest.raises(FsimError, match="another process is changing")
    with Generations(tmp_path).held(), told, Generations(tmp_path).held():
        pass


@pytest.mark.parametrize("text", ["{", "{}", '{"generation": "../x"}', '{"generation": 3}'])
def test_a_damaged_name_is_told(tmp_path: Path, text: str) -> None:
    (tmp_path / "current.json").write_text(text)
    with pytest.raises(FsimError, match="anew by --rebuild"):
        Generations(tmp_path).current()
