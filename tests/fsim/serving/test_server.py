from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import uvicorn
from starlette.types import Receive, Scope, Send

from fsim.errors import FsimError
from fsim.serving import server
from fsim.serving.server import ImpatientProtocol, is_loopback, listen, url_of

SECONDS = 0.2
ANSWER = b"HTTP/1.1 200"


def test_small_answers_are_not_held_back(finished: Callable[..., Any]) -> None:
    async def nodelay() -> int:
        held: asyncio.Future[int] = asyncio.get_running_loop().create_future()

        def met(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            held.set_result(writer.get_extra_info("socket").getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
            writer.close()

        with listen("127.0.0.1", 0) as listening:
            async with await asyncio.start_server(met, sock=listening):
                _, writer = await asyncio.open_connection(*listening.getsockname())
                writer.close()
                return await held

    assert finished(nodelay())


def test_what_cannot_be_listened_on_is_told() -> None:
    with listen("127.0.0.1", 0) as taken:
        assert url_of(taken).startswith("http://127.0.0.1:") and taken.getsockname()[1] > 0
        with pytest.raises(FsimError, match="choose another --port"):
            listen("127.0.0.1", taken.getsockname()[1])
    with pytest.raises(FsimError, match="or --host"):
        listen("256.0.0.1", 0)


def test_only_this_machine_is_loopback() -> None:
    assert is_loopback("127.0.0.1") and is_loopback("localhost") and is_loopback("::1")
    assert not is_loopback("0.0.0.0") and not is_loopback("192.168.0.1")


async def patient(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers after longer than a header may take."""
    await asyncio.sleep(2 * SECONDS)
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
    await send({"type": "http.response.body", "body": b""})


@pytest.fixture
def address(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, int]]:
    monkeypatch.setattr(server, "HEADER_SECONDS", SECONDS)
    listening = socket.create_server(("127.0.0.1", 0))
    running = uvicorn.Server(
        uvicorn.Config(patient, http=ImpatientProtocol, ws="none", lifespan="off", log_config=None)
    )
    thread = threading.Thread(target=running.run, kwargs={"sockets": [listening]})
    thread.start()
    yield listening.getsockname()
    running.should_exit = True
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
