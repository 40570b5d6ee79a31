"""A request that the server refuses, with a plain message for the client: `{"error": "..."}`."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.responses import JSONResponse


class RequestError(Exception):
    """The message is for the client and says nothing about the server's files.

    Args:
        status: of HTTP.
        message: what is wrong, and what to do.
        headers: of the answer.
    """

    def __init__(self, status: int, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.status, self.message, self.headers = status, message, dict(headers or {})

    def response(self) -> JSONResponse:
        """Return the answer that carries the message."""
        return error_response(self.status, self.message, self.headers)


def error_response(status: int, message: str, headers: Mapping[str, str] | None = None) -> JSONResponse:
    """Return the answer `{"error": message}`."""
    return JSONResponse({"error": message}, status, dict(headers or {}))


def server_busy() -> RequestError:
    """Return the error for a query that comes while too many others are being answered."""
    return RequestError(503, "the server is busy: try again in a second", {"Retry-After": "1"})
