"""Connections of clients that do not say what they want, against a real server of uvicorn."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator

import pytest
import uvicorn
from starlette.types import Receive, Scope, Send

from fsim.serving import slow_clients
from fsim.serving.slow_clients import WatchedProtocol

SECONDS = 0.2
ANSWER = b"HTTP/1.1 200"


async def patient(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers after longer than a header may take."""
    await asyncio.sleep(2 * SECONDS)
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
    await send({"type": "http.response.body", "body": b""})


@pytest.fixture
def address(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, int]]:
    monkeypatch.setattr(slow_clients, "HEADER_SECONDS", SECONDS)
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(patient, http=WatchedProtocol, ws="none", lifespan="off", log_config=None))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    yield listening.getsockname()
    server.should_exit = True
    thread.join()


def heard(connection: socket.socket) -> bytes:
    """All until the server closes."""
    got = b""
    try:
        while part := connection.recv(1000):
            got += part
    except ConnectionResetError:
        pass
    return got


@pytest.mark.parametrize("begun", [b"", b"GET / HT", b"GET / HTTP/1.1\r\nHost: a\r\nX-Half: "])
def test_a_header_that_does_not_come_ends_the_connection(address: tuple[str, int], begun: bytes) -> None:
    with socket.create_connection(address, timeout=20) as connection:
        connection.sendall(begun)
        assert heard(connection) == b""


def test_who_waits_for_an_answer_is_left_alone_and_the_next_header_is_watched(address: tuple[str, int]) -> None:
    with socket.create_connection(address, timeout=20) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        assert connection.recv(1000).startswith(ANSWER)
        connection.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        assert connection.recv(1000).startswith(ANSWER)
        connection.sendall(b"GET / HT")
        assert heard(connection) == b""


def test_a_body_after_its_answer_ends_the_connection(address: tuple[str, int]) -> None:
    with socket.create_connection(address, timeout=20) as connection:
        connection.sendall(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\nab")
        assert heard(connection).startswith(ANSWER)
