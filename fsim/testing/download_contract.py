"""What every download must hold, as tests to inherit. For authors of plugins; needs pytest.

class TestMyDownload(DownloadContract):
    def make(self, url: str) -> Download:
        return MyDownload(url=f"{url}/shop.zip")

    def files(self) -> dict[str, bytes]:
        return {"shop.zip": ...}
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from fsim.errors import FsimError
from fsim.interfaces import Download


class Silent:
    """A reporter that shows nothing."""

    def say(self, text: str) -> None: ...

    def bar(self, name: str, done: int, total: int) -> None: ...


class DownloadContract:
    """Inherit it, give `make` and `files`, and name the class `Test...`."""

    def make(self, url: str) -> Download:
        """A new download that fetches from a server at `url`."""
        raise NotImplementedError

    def files(self) -> dict[str, bytes]:
        """What the server has: path -> content."""
        raise NotImplementedError

    def test_fetches_into_a_folder_below(self, tmp_path: Path) -> None:
        with served(self.files()) as url:
            folder = self.make(url).fetch(tmp_path / "data", Silent())
        assert folder.is_dir()
        assert folder.parent.resolve() == (tmp_path / "data").resolve()
        assert any(file.is_file() for file in folder.rglob("*"))
        assert [path.name for path in tmp_path.iterdir()] == ["data"]

    def test_an_unreachable_server_is_a_users_error(self, tmp_path: Path) -> None:
        with served({}) as url:
            pass
        with pytest.raises(FsimError):
            self.make(url).fetch(tmp_path, Silent())

    def test_a_server_without_the_files_is_a_users_error(self, tmp_path: Path) -> None:
        with served({}) as url, pytest.raises(FsimError):
            self.make(url).fetch(tmp_path, Silent())

    def test_a_failed_fetch_can_be_repeated(self, tmp_path: Path) -> None:
        with served({}) as url, pytest.raises(FsimError):
            self.make(url).fetch(tmp_path, Silent())
        with served(self.files()) as url:
            assert self.make(url).fetch(tmp_path, Silent()).is_dir()

    def test_next_steps_are_lines(self, tmp_path: Path) -> None:
        lines = self.make("http://127.0.0.1:1").next_steps(tmp_path)
        assert lines
        assert all(line.strip() and "\n" not in line for line in lines)

    def test_terms_are_text(self) -> None:
        assert isinstance(self.make("http://127.0.0.1:1").terms, str)


@contextmanager
def served(files: Mapping[str, bytes]) -> Iterator[str]:
    """Serve files on loopback while it is entered; its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            content = files.get(self.path.lstrip("/"))
            if content is None:
                self.send_error(404)
                return
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *args: object) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True, kwargs={"poll_interval": 0.02})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()
