"""A request that is not done, with a plain message: `{"error": "..."}`."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.responses import JSONResponse


class RefusedError(Exception):
    """The message is for the client: it says nothing of the server's files.

    Args:
        status: of HTTP.
        message: what is wrong, and what to do.
        headers: of the answer.
    """

    def __init__(self, status: int, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.status, self.message, self.headers = status, message, dict(headers or {})

    def response(self) -> JSONResponse:
        return problem(self.status, self.message, self.headers)


def problem(status: int, message: str, headers: Mapping[str, str] | None = None) -> JSONResponse:
    """The answer that says so."""
    return JSONResponse({"error": message}, status, dict(headers or {}))


def busy() -> RefusedError:
    """Too many queries are being answered."""
    return RefusedError(503, "the server is busy: try again in a second", {"Retry-After": "1"})
