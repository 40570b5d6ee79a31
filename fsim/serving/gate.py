"""Who may ask, and how often: the key, the rate, and no other site through the browser of a user.

A site whose name leads to this machine (DNS rebinding) would be of the same origin to a browser: a server for this
machine alone answers to its own names alone.
"""

from __future__ import annotations

import hmac
import math
import re
from collections.abc import Sequence
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from fsim.serving.rate import Rate
from fsim.serving.refused import RefusedError

OPEN = ("/", "/healthz", "/docs", "/openapi.json")  # and /page/...: they tell nothing of the catalog
PAGE = "/page/"
LOCAL = ("localhost", "127.0.0.1", "[::1]")
HOST = re.compile(r"(?P<name>\[[0-9a-f:.]+\]|[^:\[\]]+)(:\d*)?")


class Gate:
    """
    Args:
        key: That clients must send as `X-API-Key` or `Authorization: Bearer`; None: everyone may ask.
        origins: Other sites whose pages may ask.
        own_names: Whether it is asked as localhost, or as a host of `origins`, and by no other name.
    """

    def __init__(self, app: ASGIApp, key: str | None, rate: Rate, origins: Sequence[str], own_names: bool) -> None:
        self.app, self.key, self.rate, self.origins = app, key, rate, frozenset(origins)
        self.names = {*LOCAL, *(urlsplit(one).hostname or "" for one in origins)} if own_names else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            try:
                self._check(scope, Headers(scope=scope))
            except RefusedError as refused:
                await refused.response()(scope, receive, send)
                return
        await self.app(scope, receive, send)

    def _check(self, scope: Scope, headers: Headers) -> None:
        path, method = scope["path"], scope["method"]
        if path == "/healthz":
            return
        host = HOST.fullmatch(headers.get("host", LOCAL[0]).lower())
        if self.names is not None and (host is None or host["name"] not in self.names):
            raise RefusedError(403, "this server answers to localhost alone: start it with --cors for another name")
        client = scope["client"][0] if scope.get("client") else ""
        wait = self.rate.wait(client)
        if wait:
            seconds = str(math.ceil(wait))
            raise RefusedError(429, f"too many requests: wait {seconds} s", {"Retry-After": seconds})
        crossed = headers.get("sec-fetch-site") == "cross-site" and headers.get("origin") not in self.origins
        if crossed and method not in ("GET", "HEAD"):
            raise RefusedError(403, "another site may not ask for you: the server must be started with --cors for it")
        free = self.key is None or path in OPEN or path.startswith(PAGE) or method == "OPTIONS"
        if not free and not self._has_key(headers):
            raise RefusedError(401, "give the API key in the header X-API-Key", {"WWW-Authenticate": "Bearer"})

    def _has_key(self, headers: Headers) -> bool:
        scheme, _, bearer = headers.get("authorization", "").partition(" ")
        given = headers.get("x-api-key") or (bearer if scheme.lower() == "bearer" else "")
        return self.key is not None and hmac.compare_digest(given.encode(), self.key.encode())
