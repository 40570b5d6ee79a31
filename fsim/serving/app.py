"""The server as an ASGI application."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import Response

from fsim import __version__
from fsim.serving.body_limit import BodyLimit
from fsim.serving.gate import Gate
from fsim.serving.observed import Observed
from fsim.serving.pages import pages
from fsim.serving.rate import Rate
from fsim.serving.refused import RefusedError, problem
from fsim.serving.routes import api
from fsim.serving.security_headers import SecurityHeaders
from fsim.serving.service import Service

log = logging.getLogger("fsim.serving")


def make_app(
    service: Service,
    key: str | None = None,
    origins: Sequence[str] = (),
    own_names: bool = False,
    ready: Callable[[], None] = lambda: None,
) -> FastAPI:
    """
    Args:
        key: That clients must send; None: everyone may ask.
        origins: Other sites whose pages may ask (CORS).
        own_names: Whether it is for this machine alone; see `Gate`.
        ready: Called when queries are answered.
    """

    @asynccontextmanager
    async def life(app: FastAPI) -> AsyncIterator[None]:
        async with service.working():
            ready()
            yield

    app = FastAPI(
        title="fsim serve",
        version=__version__,
        lifespan=life,
        docs_url=None,
        redoc_url=None,
        swagger_ui_oauth2_redirect_url=None,
    )
    app.include_router(api(service))
    app.include_router(pages(app))
    # The last is the outermost: what a client sees is counted, logged, and has the headers, whatever refused it.
    app.add_middleware(BodyLimit, limits=service.limits)
    app.add_middleware(Gate, key=key, rate=Rate(service.limits.rate), origins=origins, own_names=own_names)
    if origins:
        headers = ["X-API-Key", "Authorization", "Content-Type"]
        app.add_middleware(CORSMiddleware, allow_origins=list(origins), allow_methods=["*"], allow_headers=headers)
    app.add_middleware(Observed, metrics=service.metrics)
    app.add_middleware(SecurityHeaders)
    app.add_exception_handler(RefusedError, _refused)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, _invalid)
    return app


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, RefusedError)
    return error.response()


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return problem(error.status_code, str(error.detail).lower(), error.headers)


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    causes: list[dict[str, Any]] = list(error.errors())
    told = "; ".join(f"{'.'.join(map(str, one['loc'][1:]))}: {one['msg']}".lstrip(": ") for one in causes[:3])
    return problem(422, told or "the request can't be read")
