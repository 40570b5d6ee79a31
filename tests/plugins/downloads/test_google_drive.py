from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import gdown
import pytest

from fsim_plugins.downloads.google_drive import DriveError, drive_url, fetch_drive

CONTENT = bytes(range(256)) * 8192  # four of the blocks that gdown writes


def test_gdown_takes_the_address_for_one_of_drive() -> None:
    assert gdown.parse_url.parse_url(drive_url("0B7EVK8r0v71pa2EyNEJ0dE9zbU0")) == (
        "0B7EVK8r0v71pa2EyNEJ0dE9zbU0",
        True,
    )


def test_a_broken_connection_is_gone_on_with(server: Any, tmp_path: Path) -> None:
    server.files["a.zip"], server.breaks_at = CONTENT, 1 << 20
    told: list[tuple[int, int]] = []
    fetch_drive(f"{server.url}/a.zip", tmp_path / "b.zip", lambda done, total: told.append((done, total)))
    assert (tmp_path / "b.zip").read_bytes() == CONTENT
    assert server.asked == ["/a.zip", f"/a.zip bytes={1 << 20}-"]
    assert told[-1] == (len(CONTENT), len(CONTENT))
    assert [file.name for file in tmp_path.iterdir()] == ["b.zip"]


def test_what_was_left_by_an_earlier_try_is_gone_on_with(server: Any, tmp_path: Path) -> None:
    (tmp_path / "b.zip12345678.part").write_bytes(CONTENT[:2000])
    server.files["a.zip"] = CONTENT
    fetch_drive(f"{server.url}/a.zip", tmp_path / "b.zip")
    assert (tmp_path / "b.zip").read_bytes() == CONTENT
    assert server.asked[-1] == "/a.zip bytes=2000-"


def test_a_refusal_is_told(server: Any, tmp_path: Path) -> None:
    with pytest.raises(DriveError, match="404 Client Error"):
        fetch_drive(f"{server.url}/none.zip", tmp_path / "b.zip")
    assert list(tmp_path.iterdir()) == []


def test_no_way_to_drive_is_told(server: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", server.url)
    monkeypatch.delenv("no_proxy", raising=False)
    with pytest.raises(DriveError, match="the connection failed"):
        fetch_drive(drive_url("x"), tmp_path / "b.zip")
    assert server.asked == ["CONNECT drive.google.com:443"]


def test_without_gdown_its_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "gdown", None)
    with pytest.raises(DriveError, match=r"pip install 'fsim\[download\]'"):
        fetch_drive(drive_url("x"), tmp_path / "b.zip")
