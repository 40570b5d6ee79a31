"""A request's body, bounded in size and time."""

from __future__ import annotations

import asyncio

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from fsim.serving.limits import BODY_SECONDS, Limits
from fsim.serving.refused import RefusedError


class BodyLimit:
    """Raises `RefusedError` to whoever reads too large or too slow a body."""

    def __init__(self, app: ASGIApp, limits: Limits, seconds: float = BODY_SECONDS) -> None:
        self.app, self.limits, self.seconds = app, limits, seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        if _length(Headers(scope=scope)) > self.limits.upload_bytes:
            await self._too_large().response()(scope, receive, send)
            return
        until = asyncio.get_running_loop().time() + self.seconds
        read, complete = 0, False

        async def bounded() -> Message:
            nonlocal read, complete
            if complete:  # what comes now is that the client goes away: there is no hurry
                return await receive()
            left = until - asyncio.get_running_loop().time()
            try:
                message = await asyncio.wait_for(receive(), max(left, 0))
            except asyncio.TimeoutError:
                raise RefusedError(
                    408, f"the request took more than {self.seconds:g} s to arrive", {"Connection": "close"}
                ) from None
            read += len(message.get("body", b""))
            complete = not message.get("more_body", False)
            if read > self.limits.upload_bytes:
                raise self._too_large()
            return message

        await self.app(scope, bounded, send)

    def _too_large(self) -> RefusedError:
        return RefusedError(413, f"the request is larger than {self.limits.upload_mb:g} MB: send a smaller picture")


def _length(headers: Headers) -> int:
    text = headers.get("content-length", "0")
    return int(text) if text.isascii() and text.isdigit() else 0
