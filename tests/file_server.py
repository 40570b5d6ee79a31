"""A server of files on loopback, for what fetches from a network."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class FileServer:
    """Serves `files` (path -> bytes) with ranges and notes each request in `asked`.

    The first answer that is longer than `breaks_at` is broken off there; `types` are the content types of paths.
    """

    port: int = 0
    files: dict[str, bytes] = field(default_factory=dict)
    types: dict[str, str] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    breaks_at: int | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


def handler(served: FileServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            given = self.headers.get("Range", "")
            served.asked.append(f"{self.path} {given}".strip())
            content = served.files.get(self.path.lstrip("/"))
            if content is None:
                self.send_error(404)
                return
            start = int(given.removeprefix("bytes=").rstrip("-") or 0)
            rest = content[start:]
            self.send_response((416 if not rest else 206) if start else 200)
            self.send_header("Content-Length", str(len(rest)))
            if start:
                span = f"{start}-{len(content) - 1}" if rest else "*"
                self.send_header("Content-Range", f"bytes {span}/{len(content)}")
            self.send_header("Content-Type", served.types.get(self.path.lstrip("/"), "application/octet-stream"))
            self.end_headers()
            if served.breaks_at is not None and len(rest) > served.breaks_at:
                rest, served.breaks_at = rest[: served.breaks_at], None
            self.wfile.write(rest)

        def do_CONNECT(self) -> None:
            """As a proxy it refuses."""
            served.asked.append(f"CONNECT {self.path}")
            self.send_error(403)

        def log_message(self, *args: object) -> None: ...

    return Handler


@contextmanager
def running_server() -> Iterator[FileServer]:
    """Serve files on loopback while it is entered."""
    served = FileServer()
    with ThreadingHTTPServer(("127.0.0.1", 0), handler(served)) as running:
        served.port = running.server_port
        thread = threading.Thread(target=running.serve_forever, daemon=True, kwargs={"poll_interval": 0.02})
        thread.start()
        yield served
        running.shutdown()
        thread.join()
