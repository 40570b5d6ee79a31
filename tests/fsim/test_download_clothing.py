from __future__ import annotations

import io
import socket
import threading
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from fsim.download_clothing import download_clothing
from fsim.errors import FsimError


def archive(*names: str) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as packed:
        for name in names:
            packed.writestr(name, f"content of {name}" * 50)
    return stream.getvalue()


class Server(ThreadingHTTPServer):
    """Serves one file from memory, with ranges; breaks the connection after `breaks_at` bytes once."""

    content = b""
    breaks_at: int | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/clothing.zip"


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        if not self.server.content:
            self.send_error(404)
            return
        start = int(self.headers.get("Range", "bytes=0-").removeprefix("bytes=").rstrip("-"))
        rest = self.server.content[start:]
        if not rest:
            self.send_error(416)
            return
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(rest)))
        self.end_headers()
        self.wfile.write(rest[: self.server.breaks_at])
        self.server.breaks_at = None

    def log_message(self, *args: object) -> None: ...


@pytest.fixture
def server() -> Iterator[Server]:
    with Server(("127.0.0.1", 0), Handler) as running:
        thread = threading.Thread(target=running.serve_forever, daemon=True)
        thread.start()
        yield running
        running.shutdown()
        thread.join()


WHOLE = archive(
    "top-main/train/hat/a.jpg", "top-main/validation/hat/b.jpg", "top-main/README.md", "top-main/test/x/c.jpg"
)


def files(folder: Path) -> list[str]:
    return sorted(file.relative_to(folder).as_posix() for file in folder.rglob("*") if file.is_file())


def test_the_photographs_land_in_their_split_folders(server: Server, tmp_path: Path) -> None:
    server.content = WHOLE
    folder = download_clothing(tmp_path / "data", server.url)
    assert files(folder) == ["test/x/c.jpg", "train/hat/a.jpg", "validation/hat/b.jpg"]
    assert files(tmp_path / "data") == [f"clothing/{name}" for name in files(folder)], "something was left over"
    with pytest.raises(FsimError, match="is there already"):
        download_clothing(tmp_path / "data", server.url)


def test_a_broken_connection_is_told_and_gone_on_with(server: Server, tmp_path: Path) -> None:
    server.content, server.breaks_at = WHOLE, 100
    with pytest.raises(FsimError, match=r"broke|cannot fetch"):
        download_clothing(tmp_path, server.url)
    assert (tmp_path / "clothing.zip.part").stat().st_size == 100
    assert len(files(download_clothing(tmp_path, server.url))) == 3


def test_what_is_not_the_zip_is_told_and_removed(server: Server, tmp_path: Path) -> None:
    server.content = b"<html>please log in</html>"
    with pytest.raises(FsimError, match="not a whole zip"):
        download_clothing(tmp_path, server.url)
    assert files(tmp_path) == []
    server.content = archive("top/other/file")
    with pytest.raises(FsimError, match="no folders train"):
        download_clothing(tmp_path, server.url)


def test_paths_in_the_zip_lead_nowhere_else(server: Server, tmp_path: Path) -> None:
    server.content = archive("top/train/../../../escaped.txt", "top/train/hat/a.jpg")
    download_clothing(tmp_path / "in" / "side", server.url)
    assert files(tmp_path) == ["in/side/clothing/train/hat/a.jpg"]


def test_no_network_and_no_file_are_told(server: Server, tmp_path: Path) -> None:
    with pytest.raises(FsimError, match="answers 404"):
        download_clothing(tmp_path, server.url)
    with pytest.raises(FsimError, match="cannot fetch"):
        download_clothing(tmp_path, "http://127.0.0.1:9/none.zip")


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(FsimError, match="choose another --to"):
        download_clothing(tmp_path / "file", "http://127.0.0.1:1/x.zip")


def test_an_answer_that_is_no_http_is_told(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def answer() -> None:
            connection, _ = listening.accept()
            connection.recv(1000)
            connection.sendall(b"rubbish\r\n\r\n")
            connection.close()

        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        with pytest.raises(FsimError, match=r"the connection to .* broke"):
            download_clothing(tmp_path, f"http://127.0.0.1:{listening.getsockname()[1]}/x.zip")
        thread.join(10)
