from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from typing import Any

import pytest

from fsim.errors import FsimError
from fsim.serving.server import address, bind, is_loopback


def test_small_answers_are_not_held_back(finished: Callable[..., Any]) -> None:
    async def nodelay() -> int:
        held: asyncio.Future[int] = asyncio.get_running_loop().create_future()

        def met(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            held.set_result(writer.get_extra_info("socket").getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
            writer.close()

        with bind("127.0.0.1", 0) as listening:
            async with await asyncio.start_server(met, sock=listening):
                _, writer = await asyncio.open_connection(*listening.getsockname())
                writer.close()
                return await held

    assert finished(nodelay())


def test_what_cannot_be_listened_on_is_told() -> None:
    with bind("127.0.0.1", 0) as taken:
        assert address(taken).startswith("http://127.0.0.1:") and taken.getsockname()[1] > 0
        with pytest.raises(FsimError, match="choose another --port"):
            bind("127.0.0.1", taken.getsockname()[1])
    with pytest.raises(FsimError, match="or --host"):
        bind("256.0.0.1", 0)


def test_only_this_machine_is_loopback() -> None:
    assert is_loopback("127.0.0.1") and is_loopback("localhost") and is_loopback("::1")
    assert not is_loopback("0.0.0.0") and not is_loopback("192.168.0.1")
