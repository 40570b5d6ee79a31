"""Layers around every request: a bound on its body, and security headers on its answer."""

from __future__ import annotations

import asyncio

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from fsim.serving.limits import BODY_SECONDS, Limits
from fsim.serving.request_error import RequestError

# Nothing from elsewhere, nothing inline, in no frame.
CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "img-src 'self' blob: data:",
        "script-src 'self'",
        "style-src 'self'",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)
SECURITY_HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(self), geolocation=(), microphone=(), payment=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}


class BodyLimit:
    """Raises `RequestError` in the code that reads a body which is too large or arrives too slowly."""

    def __init__(self, app: ASGIApp, limits: Limits, seconds: float = BODY_SECONDS) -> None:
        self.app, self.limits, self.seconds = app, limits, seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        if _content_length(Headers(scope=scope)) > self.limits.upload_bytes:
            await self._too_large().response()(scope, receive, send)
            return
        deadline = asyncio.get_running_loop().time() + self.seconds
        num_bytes, complete = 0, False

        async def receive_within_limits() -> Message:
            nonlocal num_bytes, complete
            if complete:  # all that can still come is that the client disconnects: wait for it without a deadline
                return await receive()
            left = deadline - asyncio.get_running_loop().time()
            try:
                message = await asyncio.wait_for(receive(), max(left, 0))
            except asyncio.TimeoutError:
                raise RequestError(
                    408, f"the request took more than {self.seconds:g} s to arrive", {"Connection": "close"}
                ) from None
            num_bytes += len(message.get("body", b""))
            complete = not message.get("more_body", False)
            if num_bytes > self.limits.upload_bytes:
                raise self._too_large()
            return message

        await self.app(scope, receive_within_limits, send)

    def _too_large(self) -> RequestError:
        return RequestError(413, f"the request is larger than {self.limits.upload_mb:g} MB: send a smaller picture")


def _content_length(headers: Headers) -> int:
    text = headers.get("content-length", "0")
    return int(text) if text.isascii() and text.isdigit() else 0


class SecurityHeaders:
    """Adds `SECURITY_HEADERS` to each answer, and forbids caching where the answer does not say otherwise."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in SECURITY_HEADERS.items():
                    headers[name] = value
                if "cache-control" not in headers:
                    headers["Cache-Control"] = "no-store"
            await send(message)

        await self.app(scope, receive, send_with_headers)
