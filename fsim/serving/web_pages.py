"""The page for people with its parts, and a plain description of the API. They load nothing from elsewhere."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

from fastapi import APIRouter, FastAPI
from jinja2 import Environment, StrictUndefined
from starlette.responses import HTMLResponse, Response

from fsim.serving.request_error import RequestError

MEDIA_TYPES = {"html": "text/html", "js": "text/javascript", "css": "text/css", "svg": "image/svg+xml"}
HEADERS = {"Cache-Control": "no-cache"}


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
