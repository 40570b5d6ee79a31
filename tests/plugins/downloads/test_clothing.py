from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import pytest

from fsim.errors import FsimError
from fsim.interfaces import Download
from fsim.runtime.display import Display
from fsim.testing.download_contract import DownloadContract
from fsim_plugins.downloads.clothing import Clothing


def archive(*names: str) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as packed:
        for name in names:
            packed.writestr(name, f"content of {name}" * 50)
    return stream.getvalue()


WHOLE = archive(
    "top-main/train/hat/a.jpg", "top-main/validation/hat/b.jpg", "top-main/README.md", "top-main/test/x/c.jpg"
)


def files(folder: Path) -> list[str]:
    return sorted(file.relative_to(folder).as_posix() for file in folder.rglob("*") if file.is_file())


def download(server: Any, to: Path) -> Path:
    with Display() as display:
        return Clothing(f"{server.url}/clothing.zip").fetch(to, display)


def test_the_photographs_land_in_their_split_folders(server: Any, tmp_path: Path) -> None:
    server.files["clothing.zip"] = WHOLE
    folder = download(server, tmp_path / "data")
    assert files(folder) == ["test/x/c.jpg", "train/hat/a.jpg", "validation/hat/b.jpg"]
    assert files(tmp_path / "data") == [f"clothing/{name}" for name in files(folder)], "something was left over"
    with pytest.raises(FsimError, match="is there already"):
        download(server, tmp_path / "data")


def test_a_broken_connection_is_told_and_gone_on_with(server: Any, tmp_path: Path) -> None:
    server.files["clothing.zip"], server.breaks_at = WHOLE, 100
    with pytest.raises(FsimError, match="broke after 100 of"):
        download(server, tmp_path)
    assert (tmp_path / "clothing.zip.part").stat().st_size == 100
    assert len(files(download(server, tmp_path))) == 3


def test_what_is_not_the_zip_is_told_and_removed(server: Any, tmp_path: Path) -> None:
    server.files["clothing.zip"] = b"<html>please log in</html>"
    with pytest.raises(FsimError, match=r"not a whole zip.*it was removed"):
        download(server, tmp_path)
    assert files(tmp_path) == []
    server.files["clothing.zip"] = archive("top/other/file")
    with pytest.raises(FsimError, match="no folders train"):
        download(server, tmp_path)


def test_paths_in_the_zip_lead_nowhere_else(server: Any, tmp_path: Path) -> None:
    server.files["clothing.zip"] = archive("top/train/../../../escaped.txt", "top/train/hat/a.jpg")
    download(server, tmp_path / "in" / "side")
    assert files(tmp_path) == ["in/side/clothing/train/hat/a.jpg"]


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(FsimError, match="choose another --to"):
        Clothing("http://127.0.0.1:1/x.zip").fetch(tmp_path / "file", Display())


class TestClothing(DownloadContract):
    def make(self, url: str) -> Download:
        return Clothing(f"{url}/clothing.zip")

    def files(self) -> dict[str, bytes]:
        return {"clothing.zip": WHOLE}
