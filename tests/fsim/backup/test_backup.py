"""A backup is whole at every moment, copies what changed, and tells what is not as it was."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fsspec
import pytest
from fsspec.implementations.memory import MemoryFileSystem

from fsim.backup.background import BackgroundBackup
from fsim.backup.copying import back_up
from fsim.backup.manifest import Manifest
from fsim.backup.place import BackupPlace
from fsim.backup.restoring import restore
from fsim.errors import FsimError
from fsim.kit.files import write_json
from fsim.store.run_folder import RunFolder


class Shaky(MemoryFileSystem):
    """A store that fails as often as `failures` says, and then works."""

    protocol = "shaky"
    store: dict[str, Any] = {}  # noqa: RUF012, of its base
    pseudo_dirs = [""]  # noqa: RUF012
    failures = 0

    def _open(self, path: str, mode: str = "rb", **settings: Any) -> Any:
        if Shaky.failures > 0:
            Shaky.failures -= 1
            raise ConnectionError("the line is down")
        return super()._open(path, mode, **settings)


@pytest.fixture(autouse=True)
def shaky() -> Iterator[None]:
    fsspec.register_implementation("shaky", Shaky, clobber=True)
    Shaky.failures = 0
    yield
    Shaky.store.clear()


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    run = RunFolder.create(tmp_path / "runs", "small")
    write_json(run.environment, {"run": "one", "device": "cpu"})
    run.recipe.write_text("name: small\n")
    run.metrics.write_text('{"epoch": 1}\n')
    run.last.write_bytes(bytes(range(256)) * 9000)  # more than is copied at a time
    (run.path / "tensorboard").mkdir()
    (run.path / "tensorboard" / "events").write_bytes(b"")
    return run


@pytest.fixture(params=["file", "memory", "shaky"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return f"{tmp_path}/backups" if request.param == "file" else f"{request.param}://{uuid.uuid4().hex}"


def content(path: Path) -> dict[str, bytes]:
    return {str(file.relative_to(path)): file.read_bytes() for file in path.rglob("*") if file.is_file()}


def test_a_run_comes_back_as_it_was(folder: RunFolder, url: str, tmp_path: Path) -> None:
    (folder.path / f".last.pt.{'0' * 32}").write_text("half")
    assert back_up(folder, BackupPlace(url)) == 5
    (folder.path / f".last.pt.{'0' * 32}").unlink()
    restored = restore(BackupPlace(url), tmp_path / "elsewhere")
    assert restored.name == folder.name and content(restored.path) == content(folder.path)
    with pytest.raises(FsimError, match="is there already, and is not overwritten"):
        restore(BackupPlace(url), tmp_path / "elsewhere")


def test_only_what_changed_is_copied_and_what_is_gone_is_removed(folder: RunFolder, url: str, tmp_path: Path) -> None:
    back_up(folder, BackupPlace(url))
    assert back_up(folder, BackupPlace(url)) == 0
    folder.metrics.write_text('{"epoch": 1}\n{"epoch": 2}\n')
    (folder.path / "tensorboard" / "events").unlink()
    assert back_up(folder, BackupPlace(url)) == 1
    assert content(restore(BackupPlace(url), tmp_path / "elsewhere").path) == content(folder.path)
    place = BackupPlace(url)
    assert len(place.files.find(f"{place.root}/files")) == 4
    assert back_up(folder, place, parts=()) == 0
    assert "checkpoints/last.pt" not in (place.read_manifest() or Manifest("", "")).files


def test_a_flipped_byte_is_found_and_named(folder: RunFolder, url: str, tmp_path: Path) -> None:
    place = BackupPlace(url)
    back_up(folder, place)
    (stored,) = (file for file in place.files.find(f"{place.root}/files") if "last.pt" in file)
    whole = place.files.cat_file(stored)
    place.files.pipe_file(stored, whole[:5000] + bytes([whole[5000] ^ 1]) + whole[5001:])
    with pytest.raises(FsimError, match=r"checkpoints/last\.pt in the backup .* is not what was backed up"):
        restore(BackupPlace(url), tmp_path / "elsewhere")
    assert not list((tmp_path / "elsewhere").rglob("*.pt")), "nothing half is left"
    place.files.rm_file(stored)
    with pytest.raises(FsimError, match=r"checkpoints/last\.pt is missing in the backup"):
        restore(BackupPlace(url), tmp_path / "elsewhere")


def test_a_copy_that_stops_leaves_the_backup_before(folder: RunFolder, tmp_path: Path) -> None:
    url = f"shaky://{uuid.uuid4().hex}"
    back_up(folder, BackupPlace(url))
    before = content(folder.path)
    folder.last.write_bytes(b"newer")
    folder.metrics.write_text("newer")
    place = BackupPlace(url, pauses=())
    copied = back_up_until(folder, place, stop_at="metrics.jsonl")
    assert copied, "checkpoints/last.pt is there anew"
    assert content(restore(BackupPlace(url), tmp_path / "elsewhere").path) == before


def back_up_until(folder: RunFolder, place: BackupPlace, stop_at: str) -> bool:
    """A copy whose store fails for good at one file."""

    def failing(path: str, mode: str = "rb", **settings: Any) -> Any:
        if stop_at in path and "w" in mode:
            raise ConnectionError("the line is down")
        return MemoryFileSystem._open(place.files, path, mode, **settings)

    place.files._open = failing
    try:
        with pytest.raises(FsimError, match="the line is down"):
            back_up(folder, place)
    finally:
        del place.files._open
    return any("last.pt" in file for file in place.files.find(f"{place.root}/files"))


def test_what_fails_by_chance_is_tried_again(folder: RunFolder, tmp_path: Path) -> None:
    url = f"shaky://{uuid.uuid4().hex}"
    Shaky.failures = 2
    assert back_up(folder, BackupPlace(url, pauses=(0, 0))) == 5
    Shaky.failures = 3
    with pytest.raises(FsimError, match="the line is down; see that it is there"):
        back_up(folder, BackupPlace(url, pauses=(0, 0)))


def test_a_place_that_is_not_there_is_told(folder: RunFolder) -> None:
    """As of a bucket that nobody made: what is written there is not found."""
    place = BackupPlace(f"shaky://{uuid.uuid4().hex}", pauses=())
    place.files._open = _no_such_bucket
    try:
        with pytest.raises(FsimError, match="no such bucket; see that it is there"):
            place.write_manifest(Manifest("one", "small/now"))
    finally:
        del place.files._open


@pytest.mark.parametrize("error", [FileNotFoundError("no such bucket"), PermissionError("Forbidden")], ids=str)
def test_what_time_does_not_mend_is_told_at_once(error: OSError) -> None:
    def failing(path: str, mode: str = "rb", **settings: Any) -> Any:
        raise error

    place = BackupPlace(f"shaky://{uuid.uuid4().hex}", pauses=(3600.0,))
    place.files._open = failing
    try:
        with pytest.raises(FsimError, match=str(error)):
            place.write_manifest(Manifest("one", "small/now"))
    finally:
        del place.files._open


def _no_such_bucket(path: str, mode: str = "rb", **settings: Any) -> Any:
    raise FileNotFoundError("no such bucket")


def test_another_runs_backup_is_not_written_over(folder: RunFolder, url: str) -> None:
    back_up(folder, BackupPlace(url))
    write_json(folder.environment, {"run": "two"})
    with pytest.raises(FsimError, match="has the backup of another run"):
        back_up(folder, BackupPlace(url))


def test_a_backup_beside_the_training_ends_with_all_and_stops_nothing(folder: RunFolder, tmp_path: Path) -> None:
    told: list[str] = []
    backup = BackgroundBackup(folder, str(tmp_path / "backups"), None, ("checkpoints",), told.append)
    backup.request()
    folder.metrics.write_text("the end")
    backup.close()
    assert told == []
    restored = restore(BackupPlace(f"{tmp_path}/backups/{folder.name}"), tmp_path / "elsewhere")
    assert restored.metrics.read_text() == "the end"
    (tmp_path / "file").write_text("")
    failing = BackgroundBackup(folder, f"{tmp_path}/file", None, (), told.append, pauses=())
    failing.request()
    failing.close()
    assert told and "no backup: cannot reach" in told[-1]


@pytest.mark.parametrize("path", ["../../etc/passwd", "/etc/passwd", "a/../../b", "C:\\x", ""])
def test_a_manifest_names_no_files_elsewhere(path: str) -> None:
    for text in (
        {"format": 1, "run": "x", "name": "a/b", "files": {path: {"sha256": "0", "size": 1}}},
        {"format": 1, "run": "x", "name": path, "files": {}},
    ):
        with pytest.raises(FsimError, match="is damaged"):
            Manifest.read(json.dumps(text), "here")


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format": 2}', '{"format": 1, "run": 1, "name": "a", "files": []}'])
def test_a_damaged_manifest_is_told(text: str) -> None:
    with pytest.raises(FsimError, match="take another backup"):
        Manifest.read(text, "here")


def test_where_nobody_knows_the_url_or_nothing_is_there(tmp_path: Path) -> None:
    with pytest.raises(FsimError, match="give a folder, or a URL that fsspec knows"):
        BackupPlace("nosuch://bucket")
    with pytest.raises(FsimError, match="there is no backup at"):
        restore(BackupPlace(str(tmp_path / "none")), tmp_path)
