"""How the last command on a run ended, as its log says."""

from __future__ import annotations

import re
from pathlib import Path

TAIL = 65536  # bytes of the log that are looked at: the last thing said is in them, with its traceback

_SAID = re.compile(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d+ ([A-Z]+) (.*)$", re.MULTILINE)
_STOPPED = re.compile(r"stopped; all up to step (\d+) is saved")


def stopped_at(step: int) -> str:
    """What a run says when Ctrl-C stops it, and `ending` looks for."""
    return f"stopped; all up to step {step} is saved"


def ending(log: Path) -> str | None:
    """`stopped at step 41`, `interrupted` or `failed`; None where no error ended it, or it goes on."""
    if not log.is_file():
        return None
    with log.open("rb") as stream:
        stream.seek(max(0, log.stat().st_size - TAIL))
        said = _SAID.findall(stream.read().decode("utf-8", errors="replace"))
    level, text = said[-1] if said else ("", "")
    if level != "ERROR":
        return None
    if stopped := _STOPPED.match(text):
        return f"stopped at step {stopped[1]}"
    return text if text == "interrupted" else "failed"
