"""Each request counted and logged: metrics for Prometheus, and a log on stderr."""

from __future__ import annotations

import json
import logging
import sys
import time
import uuid
from datetime import datetime, timezone
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from fsim.serving.request_error import error_response

PROBES = ("/healthz", "/metrics")  # asked every few seconds: not logged
METHODS = ("GET", "HEAD", "POST", "OPTIONS")
SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
BATCH_SIZES = (1, 2, 4, 8, 16, 32, 64)

log = logging.getLogger("fsim.serving")


class Metrics:
    """Counters for Prometheus. Their labels are routes, never what a client wrote: there are few of them."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "fsim_requests", "Requests by route and status", ["method", "route", "status"], registry=self.registry
        )
        self.seconds = Histogram(
            "fsim_request_seconds", "Seconds of a request", ["route"], buckets=SECONDS, registry=self.registry
        )
        self.batch = Histogram(
            "fsim_batch_size", "Queries answered together", buckets=BATCH_SIZES, registry=self.registry
        )
        self.in_flight = Gauge("fsim_queries_in_flight", "Queries being answered", registry=self.registry)
        self.images = Gauge("fsim_index_images", "Images of the index", ["index"], registry=self.registry)
        self.votes = Counter("fsim_votes", "Votes of comparisons", registry=self.registry)

    def text(self) -> bytes:
        """Return all values in the format that Prometheus reads."""
        return generate_latest(self.registry)


class RequestMonitor:
    """ASGI middleware that counts and logs each request, and answers for one that failed. It lies outside all other
    layers but the security headers."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self.app, self.metrics = app, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        start, status, request_id = time.perf_counter(), 0, uuid.uuid4().hex[:12]

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message.get("headers", []), (b"x-request-id", request_id.encode())]
            await send(message)

        try:
            await self.app(scope, receive, send_with_id)
        except Exception:
            log.exception("failed", extra={"fields": {"request": request_id}})
            if status:  # half an answer is sent: the connection must end
                raise
            answer = error_response(500, f"the server failed; its log has the cause under {request_id}")
            await answer(scope, receive, send_with_id)
        finally:
            self._record(scope, status, time.perf_counter() - start, request_id)

    def _record(self, scope: Scope, status: int, seconds: float, request_id: str) -> None:
        method = scope["method"] if scope["method"] in METHODS else "other"
        route = getattr(scope.get("route"), "path", "other")
        self.metrics.requests.labels(method, route, str(status)).inc()
        self.metrics.seconds.labels(route).observe(seconds)
        if route in PROBES and status == 200:
            return
        fields = {
            "method": method,
            "path": scope.get("raw_path", b"").decode("latin-1")[:200],  # as it was sent, escaped
            "status": status,
            "ms": round(1000 * seconds, 1),
            "client": scope["client"][0] if scope.get("client") else "",
            "request": request_id,
        }
        log.log(logging.WARNING if status >= 500 else logging.INFO, "request", extra={"fields": fields})


class EventFormatter(logging.Formatter):
    """Formats an event and its `extra={"fields": {...}}` as one line, of text or JSON. A client's text can't break the
    line."""

    def __init__(self, as_json: bool) -> None:
        super().__init__()
        self.as_json = as_json

    def format(self, record: logging.LogRecord) -> str:
        fields: dict[str, Any] = dict(getattr(record, "fields", {}))
        if record.exc_info:
            fields["traceback"] = self.formatException(record.exc_info)
        when = datetime.fromtimestamp(record.created, timezone.utc).isoformat(timespec="milliseconds")
        event = record.getMessage()
        if self.as_json:
            return json.dumps({"time": when, "level": record.levelname, "event": event, **fields}, ensure_ascii=False)
        traceback = fields.pop("traceback", None)
        words = [when, record.levelname, event, *(f"{name}={_quoted(value)}" for name, value in fields.items())]
        line = "  ".join(words)
        return f"{line}\n{traceback}" if traceback else line


def _quoted(value: Any) -> str:
    text = str(value)
    return text if text.isprintable() and " " not in text else json.dumps(text)


def set_up_logging(as_json: bool) -> None:
    """Send the log events of the server and of uvicorn to stderr."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(EventFormatter(as_json))
    for name, level in (("fsim.serving", logging.INFO), ("uvicorn", logging.WARNING), ("asyncio", logging.WARNING)):
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [handler], False
        logger.setLevel(level)
