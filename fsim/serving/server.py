"""The server as a process: a listening socket, uvicorn, slow clients cut off, and an orderly end."""

from __future__ import annotations

import asyncio
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

import h11
import uvicorn
from fastapi import FastAPI
from uvicorn.protocols.http.h11_impl import H11Protocol

from fsim.errors import FsimError
from fsim.serving.limits import HEADER_SECONDS, STOP_SECONDS, Limits

BACKLOG = 512  # connections that wait to be accepted
HARD_FACTOR = 2  # times the connections that are served: those beyond are closed at once, without an answer


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens.

    Raises:
        FsimError: the port is taken, or the host is not of this machine.
    """
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        # With the protocol named asyncio sends small answers at once, and else waits 40 ms for a client's ACK.
        listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    except OSError as error:
        raise _cannot_listen(host, port, error) from error
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
        listening.listen(BACKLOG)
    except (OSError, OverflowError) as error:
        listening.close()
        raise _cannot_listen(host, port, error) from error
    return listening


def _cannot_listen(host: str, port: int, error: Exception) -> FsimError:
    cause = getattr(error, "strerror", None) or str(error)
    return FsimError(f"cannot listen on {host}:{port} ({cause}): choose another --port (0: any that is free) or --host")


def url_of(listening: socket.socket) -> str:
    """Return the address as a browser takes it."""
    host, port = listening.getsockname()[:2]
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"


def is_loopback(host: str) -> bool:
    """Return whether only this machine reaches the host."""
    return host in ("localhost", "::1") or host.startswith("127.")


def serve(app: FastAPI, listening: socket.socket, limits: Limits) -> None:
    """Answer requests until SIGINT or SIGTERM. Then no new connection is accepted, and the queries in flight are
    finished; a second SIGINT ends at once."""
    config = uvicorn.Config(
        app,
        http=ImpatientProtocol,
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,  # an address that a client writes itself is not believed
        limit_concurrency=limits.connections,
        timeout_graceful_shutdown=STOP_SECONDS,
    )
    with _ignored_signals():
        uvicorn.Server(config).run(sockets=[listening])


@contextmanager
def _ignored_signals() -> Iterator[None]:
    """Ignore SIGINT and SIGTERM around uvicorn, which handles them itself, and then raises the one that stopped it once
    more: that would end the process as if it had failed."""

    def ignore(number: int, frame: FrameType | None) -> None:
        pass

    handlers = {number: signal.signal(number, ignore) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)


class ImpatientProtocol(H11Protocol):
    """HTTP/1.1 that closes the connection of a client which does not send a whole header within `HEADER_SECONDS`, or
    still sends a body after its answer. uvicorn has a time limit only between requests."""

    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        if self.limit_concurrency is not None and len(self.connections) > HARD_FACTOR * self.limit_concurrency:
            transport.abort()
            return
        self._set_deadline()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        in_header = self.conn.their_state is h11.IDLE and bool(self.conn.trailing_data[0])
        if in_header:
            self._set_deadline()
        else:
            self._clear_deadline()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self.conn.their_state is h11.SEND_BODY:  # an answer to half a request: the rest is not wanted
            self._set_deadline()

    def connection_lost(self, exc: Exception | None) -> None:
        self._clear_deadline()
        super().connection_lost(exc)

    def _set_deadline(self) -> None:
        if self._deadline is None:
            self._deadline = self.loop.call_later(HEADER_SECONDS, self.transport.abort)

    def _clear_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
