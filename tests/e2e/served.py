"""A server as its users meet it, and its page held against the rules of accessibility."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Page

SETTLED = """Promise.allSettled(document.getAnimations()
    .filter(one => one.effect.getTiming().iterations === 1).map(one => one.finished))"""  # or gone with its element


@contextmanager
def serving(*arguments: object, number: int = signal.SIGTERM, **environment: str) -> Iterator[str]:
    """Start a server and yield its address; it must end well by the signal."""
    command = [sys.executable, "-m", "fsim", "serve", *map(str, arguments), "--port", "0"]
    env = {**os.environ, "PYTHONWARNINGS": "", **environment}
    with (
        tempfile.TemporaryFile("w+", encoding="utf-8") as log,  # a pipe that nobody reads would hold the server up
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True, env=env) as process,
    ):
        assert process.stdout is not None
        address = next((line.split()[1] for line in process.stdout if line.startswith("ready: ")), "")
        try:
            yield address
        finally:
            process.send_signal(number)
            code = process.wait(timeout=30)
            log.seek(0)
            told = log.read()
    assert address and code == 0 and "Traceback" not in told, told


def check_with(axe: str, page: Page) -> None:
    """No serious fault of accessibility, in the colours that are shown in the end."""
    page.evaluate(SETTLED)
    if axe:
        page.evaluate(axe)
        faults = page.evaluate("axe.run().then(found => found.violations)")
        assert [one for one in faults if one["impact"] in ("serious", "critical")] == []
