"""What the tests of pages share."""

from __future__ import annotations

import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import httpx
import platformdirs
import pytest

from ..ready_process import Forked

ROOT = Path(__file__).resolve().parents[2]
Serving = Callable[..., AbstractContextManager[str]]


@pytest.fixture(scope="session")
def axe(tmp_path_factory: pytest.TempPathFactory) -> str:
    """axe-core of npm, kept in the user's cache; "" where it can't be had."""
    kept = platformdirs.user_cache_path("fsim-tests") / "axe.min.js"
    if not kept.is_file() and shutil.which("npm"):
        folder = tmp_path_factory.mktemp("axe")
        packed = subprocess.run(["npm", "pack", "axe-core"], cwd=folder, capture_output=True, text=True, timeout=120)
        if packed.returncode == 0:
            shutil.unpack_archive(next(folder.glob("*.tgz")), folder, "gztar", filter="data")
            kept.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(folder / "package" / "axe.min.js", kept)
    return kept.read_text(encoding="utf-8") if kept.is_file() else ""


@pytest.fixture(scope="session")
def serving(started: Callable[..., Forked]) -> Serving:
    """Start a server and give its address; it must end well by the signal."""

    @contextmanager
    def serve(*arguments: object, cwd: Path = ROOT, number: int = signal.SIGTERM, **environment: str) -> Iterator[str]:
        with started("serve", *arguments, "--port", 0, cwd=cwd, env=environment) as process:
            address = next((line.split()[1] for line in process.stdout if line.startswith("ready: ")), "")
            try:
                yield address
            finally:
                process.send_signal(number)
                _, told = process.communicate(timeout=30)
            assert address and process.returncode == 0 and "Traceback" not in told, told

    return serve


@pytest.fixture
def client(address: str) -> Iterator[httpx.Client]:
    """Of the server whose address the module's own fixture gives."""
    with httpx.Client(base_url=address, timeout=30) as client:
        yield client
