"""The page and its parts, and a plain description of the addresses. They need nothing from elsewhere."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

from fastapi import APIRouter, FastAPI
from jinja2 import Environment, StrictUndefined
from starlette.responses import HTMLResponse, Response

from fsim.serving.refused import RefusedError

KINDS = {"html": "text/html", "js": "text/javascript", "css": "text/css", "svg": "image/svg+xml"}
CACHED = {"Cache-Control": "no-cache"}


def pages(app: FastAPI) -> APIRouter:
    """Their routes; what is served is read once."""
    folder = files("fsim.serving").joinpath("page")
    parts = {one.name: one.read_bytes() for one in folder.iterdir() if one.name.rpartition(".")[2] in KINDS}
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    docs = environment.from_string(parts.pop("docs.html").decode())
    router = APIRouter(include_in_schema=False)

    @router.get("/")
    async def page() -> Response:
        return _part("search.html")

    @router.get("/page/{name}")
    async def part(name: str) -> Response:
        return _part(name)

    @router.get("/docs")
    async def described() -> HTMLResponse:
        return HTMLResponse(docs.render(operations=_operations(app.openapi())))

    def _part(name: str) -> Response:
        if name not in parts:
            raise RefusedError(404, "there is no such page")
        return Response(parts[name], media_type=KINDS[name.rpartition(".")[2]], headers=CACHED)

    return router


def _operations(described: dict[str, Any]) -> list[dict[str, Any]]:
    """Of each address: method, path, what it gives, its parameters and the answer that goes well."""
    found = []
    for path, methods in described["paths"].items():
        for method, one in methods.items():
            form = one.get("requestBody", {}).get("content", {}).get("multipart/form-data", {}).get("schema", {})
            parameters = [
                (name, of.get("type", ""), of.get("description", "")) for name, of in form.get("properties", {}).items()
            ]
            for of in one.get("parameters", []):
                parameters.append((of["name"], of["schema"].get("type", ""), of.get("description", "")))
            found.append(
                {"method": method.upper(), "path": path, "text": one.get("description", ""), "parameters": parameters}
            )
    return found
