"""Each request, counted and logged; what fails in it stays on the server."""

from __future__ import annotations

import logging
import time
import uuid

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from fsim.serving.metrics import Metrics
from fsim.serving.refused import problem

PROBES = ("/healthz", "/metrics")
METHODS = ("GET", "HEAD", "POST", "OPTIONS")

log = logging.getLogger("fsim.serving")


class Observed:
    """The outermost layer but for the security headers."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self.app, self.metrics = app, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        begin, status, number = time.perf_counter(), 0, uuid.uuid4().hex[:12]

        async def noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message.get("headers", []), (b"x-request-id", number.encode())]
            await send(message)

        try:
            await self.app(scope, receive, noted)
        except Exception:
            log.exception("failed", extra={"told": {"request": number}})
            if status:  # half an answer is sent: the connection must end
                raise
            answer = problem(500, f"the server failed; its log has the cause under {number}")
            await answer(scope, receive, noted)
        finally:
            self._note(scope, status, time.perf_counter() - begin, number)

    def _note(self, scope: Scope, status: int, seconds: float, number: str) -> None:
        method = scope["method"] if scope["method"] in METHODS else "other"
        route = getattr(scope.get("route"), "path", "other")
        self.metrics.requests.labels(method, route, str(status)).inc()
        self.metrics.seconds.labels(route).observe(seconds)
        told = {
            "method": method,
            "path": scope.get("raw_path", b"").decode("latin-1")[:200],  # as it was sent, escaped
            "status": status,
            "ms": round(1000 * seconds, 1),
            "client": scope["client"][0] if scope.get("client") else "",
            "request": number,
        }
        if route in PROBES and status == 200:  # asked every few seconds
            return
        log.log(logging.WARNING if status >= 500 else logging.INFO, "request", extra={"told": told})
