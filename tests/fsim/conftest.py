"""A server of files on loopback, for what fetches from a network; run folders that nothing was trained for."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from fsim.store.run_folder import RunFolder


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


@pytest.fixture
def server() -> Iterator[FileServer]:
    served = FileServer()
    with ThreadingHTTPServer(("127.0.0.1", 0), handler(served)) as running:
        served.port = running.server_port
        thread = threading.Thread(target=running.serve_forever, daemon=True, kwargs={"poll_interval": 0.02})
        thread.start()
        yield served
        running.shutdown()
        thread.join()


@pytest.fixture
def made_run(tmp_path: Path) -> Callable[..., RunFolder]:
    """A run folder below tmp_path as a run leaves it, evaluated once an epoch, with these values of exact/recall@1."""

    def make(
        path: str,
        values: Sequence[float | None],
        epochs: int,
        name: str = "made",
        lr: float = 1e-3,
        monitor: str | None = "exact/recall@1",
        less_is_better: Sequence[str] = (),
        protocols: Sequence[dict[str, Any]] = (),
        fingerprint: str = "f",
        seed: int = 0,
    ) -> RunFolder:
        folder = RunFolder(tmp_path / path)
        (folder.path / "checkpoints").mkdir(parents=True)
        folder.write_recipe(
            {
                "name": name,
                "seed": seed,
                "losses": [{"name": "supcon"}],
                "train": {"epochs": epochs, "optimizer": {"name": "adamw", "lr": lr}},
                "evaluation": {"monitor": monitor, "protocols": list(protocols)},
            }
        )
        for epoch, value in enumerate(values, start=1):
            folder.append_metrics(
                [
                    {"epoch": epoch, "split": "train", "metrics": {"loss": 1.0}, "timings": {"seconds": 10}},
                    {
                        "epoch": epoch,
                        "split": "val",
                        "protocol": {"query": "val"},
                        "fingerprint": fingerprint,
                        "metrics": {"exact/recall@1": value, "exact/map@r": 0.3},
                        "less_is_better": list(less_is_better),
                        "timings": {"seconds": 1},
                    },
                ]
            )
        return folder

    return make
