"""The server as an ASGI application: routes, middleware, errors as answers, and the page, which loads nothing from
elsewhere."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from importlib.resources import files
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.exceptions import RequestValidationError
from jinja2 import Environment, StrictUndefined
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from fsim import __version__
from fsim.serving.access import AccessControl, RateLimit
from fsim.serving.middleware import BodyLimit, SecurityHeaders
from fsim.serving.monitoring import RequestMonitor
from fsim.serving.request_error import RequestError, error_response
from fsim.serving.routes import api_routes
from fsim.serving.search_service import SearchService

log = logging.getLogger("fsim.serving")
MEDIA_TYPES = {"html": "text/html", "js": "text/javascript", "css": "text/css", "svg": "image/svg+xml"}
HEADERS = {"Cache-Control": "no-cache"}


def make_app(
    service: SearchService,
    key: str | None = None,
    origins: Sequence[str] = (),
    local_names_only: bool = False,
    ready: Callable[[], None] = lambda: None,
) -> FastAPI:
    """Return the application that answers for a service.

    Args:
        key: That clients must send; None: no key is needed.
        origins: Other sites whose pages may send requests (CORS).
        local_names_only: Whether it is for this machine alone; see `AccessControl`.
        ready: Called as soon as queries are answered.
    """

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with service.running():
            ready()
            yield

    app = FastAPI(
        title="fsim serve",
        version=__version__,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        swagger_ui_oauth2_redirect_url=None,
    )
    app.include_router(api_routes(service))
    app.include_router(page_routes(app))
    # The layer added last is the outermost: all answers, also refusals, are counted and logged, and have the headers.
    app.add_middleware(BodyLimit, limits=service.limits)
    app.add_middleware(
        AccessControl,
        key=key,
        rate_limit=RateLimit(service.limits.rate),
        origins=origins,
        local_names_only=local_names_only,
    )
    if origins:
        headers = ["X-API-Key", "Authorization", "Content-Type"]
        app.add_middleware(CORSMiddleware, allow_origins=list(origins), allow_methods=["*"], allow_headers=headers)
    app.add_middleware(RequestMonitor, metrics=service.metrics)
    app.add_middleware(SecurityHeaders)
    app.add_exception_handler(RequestError, _request_error)
    app.add_exception_handler(HTTPException, _http_exception)
    app.add_exception_handler(RequestValidationError, _validation_error)
    return app


async def _request_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestError)
    return error.response()


async def _http_exception(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return error_response(error.status_code, str(error.detail).lower(), error.headers)


async def _validation_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    causes: list[dict[str, Any]] = list(error.errors())
    parts = [f"{'.'.join(map(str, cause['loc'][1:]))}: {cause['msg']}".lstrip(": ") for cause in causes[:3]]
    return error_response(422, "; ".join(parts) or "the request can't be read")


def page_routes(app: FastAPI) -> APIRouter:
    """Return the routes of the pages, whose files are read once."""
    folder = files("fsim.serving").joinpath("page")
    contents = {file.name: file.read_bytes() for file in folder.iterdir() if _extension(file.name) in MEDIA_TYPES}
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    docs = environment.from_string(contents.pop("docs.html").decode())
    router = APIRouter(include_in_schema=False)

    @router.get("/")
    async def search_page() -> Response:
        return _file("search.html")

    @router.get("/page/{name}")
    async def page_file(name: str) -> Response:
        return _file(name)

    @router.get("/docs")
    async def api_docs() -> HTMLResponse:
        return HTMLResponse(docs.render(operations=_operations(app.openapi())))

    def _file(name: str) -> Response:
        if name not in contents:
            raise RequestError(404, "there is no such page")
        return Response(contents[name], media_type=MEDIA_TYPES[_extension(name)], headers=HEADERS)

    return router


def _extension(name: str) -> str:
    return name.rpartition(".")[2]


def _operations(openapi: dict[str, Any]) -> list[dict[str, Any]]:
    """Return method, path, description and parameters of each operation of the API."""
    operations = []
    for path, methods in openapi["paths"].items():
        for method, operation in methods.items():
            content = operation.get("requestBody", {}).get("content", {})
            fields = content.get("multipart/form-data", {}).get("schema", {}).get("properties", {})
            parameters = [(name, field.get("type", ""), field.get("description", "")) for name, field in fields.items()]
            for one in operation.get("parameters", []):
                parameters.append((one["name"], one["schema"].get("type", ""), one.get("description", "")))
            text = operation.get("description", "")
            operations.append({"method": method.upper(), "path": path, "text": text, "parameters": parameters})
    return operations
