"""Who may send requests, and how many: the API key, the rate limit, and protection against other sites.

A foreign site whose name resolves to this machine (DNS rebinding) has the same origin in the eyes of a browser. So a
server that is for this machine alone answers only to the machine's own names.
"""

from __future__ import annotations

import hmac
import math
import os
import re
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from pathlib import Path
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from fsim.errors import FsimError
from fsim.serving.request_error import RequestError

PUBLIC_PATHS = ("/", "/healthz", "/docs", "/openapi.json")  # and /page/...: they show nothing of the catalog
PUBLIC_PREFIX = "/page/"
LOCAL_NAMES = ("localhost", "127.0.0.1", "[::1]")
HOST = re.compile(r"(?P<name>\[[0-9a-f:.]+\]|[^:\[\]]+)(:\d*)?")
MIN_KEY_LETTERS = 16  # a shorter key can be guessed
BURST_SECONDS = 10.0  # of tokens in a full bucket
CLIENTS = 10_000  # remembered at most; the one that was not seen for longest is forgotten, with a full bucket


class AccessControl:
    """ASGI middleware that refuses requests without the key, above the rate, or sent by another site.

    Args:
        key: That clients must send as `X-API-Key` or `Authorization: Bearer`; None: no key is needed.
        rate_limit: Requests that each client may send.
        origins: Other sites whose pages may send requests.
        local_names_only: Whether the server answers only as localhost, or as a host of `origins`.
    """

    def __init__(
        self, app: ASGIApp, key: str | None, rate_limit: RateLimit, origins: Sequence[str], local_names_only: bool
    ) -> None:
        self.app, self.key, self.rate_limit, self.origins = app, key, rate_limit, frozenset(origins)
        hosts = {urlsplit(origin).hostname or "" for origin in origins}
        self.names = {*LOCAL_NAMES, *hosts} if local_names_only else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            try:
                self._check(scope, Headers(scope=scope))
            except RequestError as error:
                await error.response()(scope, receive, send)
                return
        await self.app(scope, receive, send)

    def _check(self, scope: Scope, headers: Headers) -> None:
        path, method = scope["path"], scope["method"]
        if path == "/healthz":
            return
        host = HOST.fullmatch(headers.get("host", LOCAL_NAMES[0]).lower())
        if self.names is not None and (host is None or host["name"] not in self.names):
            raise RequestError(403, "this server answers to localhost alone: start it with --cors for another name")
        client = scope["client"][0] if scope.get("client") else ""
        wait = self.rate_limit.wait(client)
        if wait:
            seconds = str(math.ceil(wait))
            raise RequestError(429, f"too many requests: wait {seconds} s", {"Retry-After": seconds})
        cross_site = headers.get("sec-fetch-site") == "cross-site" and headers.get("origin") not in self.origins
        if cross_site and method not in ("GET", "HEAD"):
            raise RequestError(403, "another site may not ask for you: the server must be started with --cors for it")
        public = path in PUBLIC_PATHS or path.startswith(PUBLIC_PREFIX) or method == "OPTIONS"
        if self.key is not None and not public and not self._has_key(headers):
            raise RequestError(401, "give the API key in the header X-API-Key", {"WWW-Authenticate": "Bearer"})

    def _has_key(self, headers: Headers) -> bool:
        scheme, _, bearer = headers.get("authorization", "").partition(" ")
        given = headers.get("x-api-key") or (bearer if scheme.lower() == "bearer" else "")
        return self.key is not None and hmac.compare_digest(given.encode(), self.key.encode())


class RateLimit:
    """A token bucket for each client: a request takes a token, and tokens come in steadily.

    Args:
        per_second: Tokens that come in for each client; 0: no limit.
        clock: Returns seconds.
    """

    def __init__(self, per_second: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.per_second, self.clock = per_second, clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()  # client -> its tokens, and at what time

    def wait(self, client: str) -> float:
        """Take a token; return 0, or the seconds until there is one."""
        if not self.per_second:
            return 0.0
        now, capacity = self.clock(), max(1.0, self.per_second * BURST_SECONDS)
        tokens, last_seen = self._buckets.pop(client, (capacity, now))
        tokens = min(capacity, tokens + (now - last_seen) * self.per_second)
        missing = max(0.0, 1 - tokens)
        self._buckets[client] = (tokens if missing else tokens - 1, now)
        if len(self._buckets) > CLIENTS:
            self._buckets.popitem(last=False)
        return missing / self.per_second


def read_key(file: Path | None) -> str | None:
    """Read the API key from a file, or else from FSIM_API_KEY; None where neither is given.

    Raises:
        FsimError: the file can't be read, or the key is too short or not of plain letters.
    """
    if file is not None:
        try:
            key, source = file.read_text(encoding="utf-8").strip(), str(file)
        except (OSError, UnicodeDecodeError) as error:
            raise FsimError(f"cannot read the key of {file} ({error}): give a file with one line of text") from error
    elif "FSIM_API_KEY" in os.environ:
        key, source = os.environ["FSIM_API_KEY"].strip(), "FSIM_API_KEY"
    else:
        return None
    if len(key) < MIN_KEY_LETTERS or not key.isascii() or not key.isprintable() or " " in key:
        raise FsimError(
            f"the key of {source} must be {MIN_KEY_LETTERS} or more plain letters and digits without blanks: make one "
            f"by python -c 'import secrets; print(secrets.token_urlsafe())'"
        )
    return key
