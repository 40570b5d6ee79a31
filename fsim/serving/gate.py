"""Who may ask, and how often: the key, the rate, and no other site through the browser of a user."""

from __future__ import annotations

import hmac
import math
from collections.abc import Sequence

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from fsim.serving.rate import Rate
from fsim.serving.refused import RefusedError

OPEN = ("/", "/healthz", "/docs", "/openapi.json")  # and /page/...: they tell nothing of the catalog
PAGE = "/page/"


class Gate:
    """
    Args:
        key: That clients must send as `X-API-Key` or `Authorization: Bearer`; None: everyone may ask.
        origins: Other sites whose pages may ask.
    """

    def __init__(self, app: ASGIApp, key: str | None, rate: Rate, origins: Sequence[str]) -> None:
        self.app, self.key, self.rate, self.origins = app, key, rate, frozenset(origins)

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
