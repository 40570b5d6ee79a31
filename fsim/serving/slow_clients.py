"""Connections that take too long to say what they want are closed, which uvicorn does only between requests."""

from __future__ import annotations

import asyncio
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from fsim.serving.limits import HEADER_SECONDS

HARD_FACTOR = 2  # of the connections that are served: more are closed at once


class WatchedProtocol(H11Protocol):
    """HTTP/1.1 whose client must send a header within `HEADER_SECONDS`, and no body after its answer."""

    _late: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        if self.limit_concurrency is not None and len(self.connections) > HARD_FACTOR * self.limit_concurrency:
            transport.abort()
            return
        self._watch(True)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        waits = self.conn.their_state is h11.IDLE and bool(self.conn.trailing_data[0])
        self._watch(waits)

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self.conn.their_state is h11.SEND_BODY:  # an answer to half a request: the rest is not wanted
            self._watch(True)

    def connection_lost(self, exc: Exception | None) -> None:
        self._watch(False)
        super().connection_lost(exc)

    def _watch(self, waits: bool) -> None:
        if waits and self._late is None:
            self._late = self.loop.call_later(HEADER_SECONDS, self.transport.abort)
        elif not waits and self._late is not None:
            self._late.cancel()
            self._late = None
