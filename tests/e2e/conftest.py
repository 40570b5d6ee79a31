"""What the tests of pages share."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator

import httpx
import platformdirs
import pytest


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


@pytest.fixture
def client(address: str) -> Iterator[httpx.Client]:
    """Of the server whose address the module's own fixture gives."""
    with httpx.Client(base_url=address, timeout=30) as client:
        yield client
