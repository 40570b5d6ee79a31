"""The server's log on stderr: a line of text or a JSON object for each event."""

from __future__ import annotations

import json
import logging
import sys
from datetime import datetime, timezone
from typing import Any


class Line(logging.Formatter):
    """What is told of an event stands in `extra={"told": {...}}`; a client's text can't break a line."""

    def __init__(self, as_json: bool) -> None:
        super().__init__()
        self.as_json = as_json

    def format(self, record: logging.LogRecord) -> str:
        told: dict[str, Any] = dict(getattr(record, "told", {}))
        if record.exc_info:
            told["traceback"] = self.formatException(record.exc_info)
        time = datetime.fromtimestamp(record.created, timezone.utc).isoformat(timespec="milliseconds")
        event = record.getMessage()
        if self.as_json:
            return json.dumps({"time": time, "level": record.levelname, "event": event, **told}, ensure_ascii=False)
        trace = told.pop("traceback", None)
        text = "  ".join([time, record.levelname, event, *(f"{name}={_plain(value)}" for name, value in told.items())])
        return f"{text}\n{trace}" if trace else text


def _plain(value: Any) -> str:
    text = str(value)
    return text if text.isprintable() and " " not in text else json.dumps(text)


def set_up_logs(as_json: bool) -> None:
    """Send what the server and uvicorn tell to stderr."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Line(as_json))
    for name, level in (("fsim.serving", logging.INFO), ("uvicorn", logging.WARNING), ("asyncio", logging.WARNING)):
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [handler], False
        logger.setLevel(level)
