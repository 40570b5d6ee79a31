from __future__ import annotations

import json
from pathlib import Path

import pytest

from fsim.errors import FsimError
from fsim.kit.files import atomic_file, atomic_folder, remove_leftovers, write_json, write_text


def test_a_file_is_whole_or_as_it_was(tmp_path: Path) -> None:
    file = tmp_path / "f"
    write_text(file, "old")
    with pytest.raises(ZeroDivisionError), atomic_file(file) as stream:
        stream.write(b"half")
        stream.write(bytes([1 // 0]))
    assert file.read_text() == "old"
    assert list(tmp_path.iterdir()) == [file]
    write_json(file, {"a": "é"})
    assert json.loads(file.read_text(encoding="utf-8")) == {"a": "é"}


def test_a_folder_is_whole_or_as_it_was(tmp_path: Path) -> None:
    folder = tmp_path / "above" / "f"
    with pytest.raises(ZeroDivisionError), atomic_folder(folder):
        raise ZeroDivisionError
    assert list(tmp_path.iterdir()) == []
    with atomic_folder(folder) as beside:
        write_text(beside / "one", "old")
        assert not folder.exists()
    with pytest.raises(ZeroDivisionError), atomic_folder(folder) as beside:
        write_text(beside / "one", "half")
        raise ZeroDivisionError
    assert (folder / "one").read_text() == "old" and list(folder.parent.iterdir()) == [folder]
    with atomic_folder(folder) as beside:
        write_text(beside / "two", "new")
    assert [file.name for file in folder.iterdir()] == ["two"] and list(folder.parent.iterdir()) == [folder]


def test_what_a_kill_left_is_removed(tmp_path: Path) -> None:
    left = tmp_path / "exports" / f".onnx.{'0' * 32}"
    left.mkdir(parents=True)
    (left / f".model.onnx.{'1' * 32}").touch()
    (tmp_path / f".log.{'2' * 32}").touch()
    (tmp_path / ".mine").touch()
    remove_leftovers(tmp_path)
    assert {file.name for file in tmp_path.rglob("*")} == {"exports", ".mine"}


def test_a_file_may_be_read_by_whom_other_new_files_may(tmp_path: Path) -> None:
    write_text(tmp_path / "ours", "x")
    (tmp_path / "plain").write_text("x")
    assert (tmp_path / "ours").stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    with pytest.raises(FsimError, match=r"cannot write .*another place"):
        write_text(tmp_path / "none" / "f", "x")
