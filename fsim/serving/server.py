"""The server as a process: a socket, uvicorn, and an end in good order."""

from __future__ import annotations

import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

import uvicorn
from fastapi import FastAPI

from fsim.errors import FsimError
from fsim.serving.limits import STOP_SECONDS, Limits
from fsim.serving.slow_clients import WatchedProtocol

BACKLOG = 512  # connections that wait to be accepted


def bind(host: str, port: int) -> socket.socket:
    """A socket that listens.

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


def address(listening: socket.socket) -> str:
    """As a browser takes it."""
    host, port = listening.getsockname()[:2]
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"


def is_loopback(host: str) -> bool:
    return host in ("localhost", "::1") or host.startswith("127.")


def serve(app: FastAPI, listening: socket.socket, limits: Limits) -> None:
    """Answer until SIGINT or SIGTERM; then no connection is taken, and the queries in flight end. A second SIGINT ends
    at once."""
    config = uvicorn.Config(
        app,
        http=WatchedProtocol,
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
    """uvicorn raises the signal that stopped it once more, which would end the process as if it had failed."""

    def ignore(number: int, frame: FrameType | None) -> None:
        pass

    before = {one: signal.signal(one, ignore) for one in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)
