"""Who may ask, how much and how slowly, of an application that only reads what it is sent."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import hypothesis
import pytest
from hypothesis import strategies as st
from starlette.types import Message, Receive, Scope, Send

from fsim.serving.access import BURST_SECONDS, CLIENTS, AccessControl, RateLimit
from fsim.serving.limits import Limits
from fsim.serving.middleware import BodyLimit
from fsim.serving.request_error import RequestError

KEY = "k" * 20
StatusOf = Callable[..., int]


async def reader(scope: Scope, receive: Receive, send: Send) -> None:
    try:
        while (await receive()).get("more_body"):
            pass
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})
    except RequestError as refused:
        await refused.response()(scope, receive, send)


@pytest.fixture
def status_of(finished: Callable[..., Any]) -> StatusOf:
    """What a request of so many parts of a kB is answered with; -1 parts: it never comes."""

    def ask(app: Any, path: str = "/api/search", method: str = "POST", parts: int = 1, **headers: str) -> int:
        sent: list[Message] = []
        left = [{"type": "http.request", "body": b"x" * 1000, "more_body": at < parts - 1} for at in range(parts)]

        async def receive() -> Message:
            if parts < 0:
                await asyncio.Event().wait()
            return left.pop(0)

        async def send(message: Message) -> None:
            sent.append(message)

        told = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
        scope = {"type": "http", "path": path, "method": method, "headers": told, "client": ("1.2.3.4", 1)}
        finished(app(scope, receive, send))
        return int(sent[0]["status"])

    return ask


def gate(
    key: str | None = None, rate: float = 0, origins: tuple[str, ...] = (), local_names_only: bool = False
) -> AccessControl:
    return AccessControl(reader, key, RateLimit(rate), origins, local_names_only)


def test_the_key_is_asked_for_where_the_catalog_is(status_of: StatusOf) -> None:
    for path in ("/api/search", "/api/images/1", "/metrics", "/nothing"):
        assert status_of(gate(KEY), path) == 401
        assert (
            status_of(gate(KEY), path, x_api_key=KEY)
            == status_of(gate(KEY), path, authorization=f"Bearer {KEY}")
            == 200
        )
        assert status_of(gate(KEY), path, x_api_key=KEY + "k") == status_of(gate(KEY), path, authorization=KEY) == 401
        assert status_of(gate(KEY), path, x_api_key="\xe9") == 401
    for path in ("/", "/healthz", "/page/app.js", "/docs"):
        assert status_of(gate(KEY), path, "GET") == 200
    assert status_of(gate()) == 200


def test_another_site_asks_only_where_it_may(status_of: StatusOf) -> None:
    crossed = {"sec_fetch_site": "cross-site", "origin": "https://shop.example"}
    assert status_of(gate(), **crossed) == 403
    assert status_of(gate(origins=("https://shop.example",)), **crossed) == 200
    assert status_of(gate(origins=("https://shop.example",)), **{**crossed, "origin": "null"}) == 403
    assert status_of(gate(), method="GET", **crossed) == status_of(gate(), sec_fetch_site="same-origin") == 200


@pytest.mark.parametrize("name", ["localhost:8000", "127.0.0.1:8000", "[::1]:8000", "shop.example"])
def test_a_server_for_this_machine_answers_to_its_own_names(status_of: StatusOf, name: str) -> None:
    assert status_of(gate(local_names_only=True, origins=("https://shop.example",)), host=name) == 200
    assert status_of(gate(local_names_only=True), host=f"a{name}") == 403
    assert status_of(gate(), host=f"a{name}") == 200


def test_the_rate_holds_for_everything_but_the_health(status_of: StatusOf) -> None:
    app = gate(rate=0.1)
    assert [status_of(app), status_of(app)] == [200, 429]
    assert status_of(app, "/healthz") == 200


@pytest.mark.parametrize(
    ("parts", "length", "status"),
    [(3, "3000", 200), (5, "5000", 413), (5, None, 413), (1, "99999999999", 413), (1, "-1", 200), (-1, None, 408)],
)
def test_a_body_is_bounded_in_size_and_time(status_of: StatusOf, parts: int, length: str | None, status: int) -> None:
    app = BodyLimit(reader, Limits(upload_mb=0.004), seconds=0.01 if parts < 0 else 30)
    assert status_of(app, parts=parts, **({"content_length": length} if length else {})) == status


@hypothesis.given(st.floats(0.1, 100), st.lists(st.floats(0, 5), max_size=200))
def test_no_client_gets_more_than_its_burst_and_what_came_in_since(per_second: float, pauses: list[float]) -> None:
    now = 0.0
    rate = RateLimit(per_second, lambda: now)
    taken = 0
    for pause in pauses:
        now += pause
        taken += rate.wait("a") == 0
    assert taken <= max(1, per_second * BURST_SECONDS) + per_second * now + 1e-6


def test_who_waits_as_told_gets_in_and_others_are_not_held_up() -> None:
    now = 0.0
    rate = RateLimit(0.5, lambda: now)
    while not (wait := rate.wait("a")):
        pass
    assert rate.wait("b") == 0 and 0 < wait <= 2
    now += wait
    assert rate.wait("a") == 0


def test_without_a_rate_nobody_is_counted_and_clients_are_forgotten() -> None:
    assert all(RateLimit(0).wait("a") == 0 for _ in range(1000))
    rate = RateLimit(1)
    for number in range(CLIENTS + 50):
        rate.wait(str(number))
    assert len(rate._buckets) == CLIENTS
