"""The routes that programs use: the API under /api, and those that monitor the server."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi import Path as InPath
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.responses import JSONResponse, Response

from fsim.search.answers import Answer
from fsim.serving import schemas
from fsim.serving.limits import TEXT
from fsim.serving.loaded_index import LoadedIndex
from fsim.serving.parsed_query import row_of_id
from fsim.serving.request_error import RequestError
from fsim.serving.search_form import check_filters, parse_filter_fields, read_search_form
from fsim.serving.search_service import SearchService

MAX_CATALOG_ITEMS = 96  # in one answer
CACHE_SECONDS = 86_400  # of a thumbnail, in the browser of the one who saw it
MAX_FACET_VALUES = 100  # of a key, the most frequent ones
NO_FACETS = ("item",)  # has about as many values as there are images
LAST_FACETS = ("split",)
ERRORS: dict[int | str, dict[str, Any]] = {
    status: {"model": schemas.Problem} for status in (400, 401, 404, 408, 413, 415, 422, 429, 503)
}
ImageId = Annotated[str, InPath(pattern=r"^[0-9]{1,18}$", description="the id of an image")]


def api_routes(service: SearchService) -> APIRouter:
    """Return the routes that answer for a service."""
    router = APIRouter(responses=ERRORS)

    @router.post("/api/search", response_model=schemas.SearchAnswer, openapi_extra=schemas.SEARCH_FORM)
    async def search(request: Request) -> Any:
        """The images most like a picture, or that fit words best, best first."""
        async with read_search_form(request, service.limits) as form:
            loaded, query, answers = await service.search(form)
        results = [_with_address(loaded, answer) for answer in answers]
        return JSONResponse({"query": query.name, "unknown_words": query.unknown_words, "results": results})

    @router.post("/api/compare", response_model=schemas.ComparisonAnswer, openapi_extra=schemas.SEARCH_FORM)
    async def compare(request: Request) -> Any:
        """The same of two indexes, without saying which is which."""
        async with read_search_form(request, service.limits) as form:
            token, query, sides = await service.compare(form)
        blind = {side: _blind(token, side, answers) for side, answers in sides.items()}
        return JSONResponse({"comparison": token, "unknown_words": query.unknown_words, **blind})

    @router.post("/api/votes", response_model=schemas.Voted)
    async def vote(body: schemas.VoteBody) -> Any:
        """Say which side was better; the answer says what stood where."""
        comparison = await service.vote(body.comparison, body.choice)
        return {side: compared.name for side, compared in comparison.sides.items()}

    @router.get("/api/about", response_model=schemas.About)
    async def about() -> Any:
        """What is served, and what it can be filtered by."""
        loaded = service.index.current
        return {
            "name": service.index.name,
            "images": len(loaded.index.images),
            "distance": loaded.index.passport.embedded_by.distance,
            "facets": facets(loaded),
            "text": service.reads_text,
            "compare": service.other is not None,
            "max_k": service.limits.k,
            "max_text": TEXT,
            "max_upload_mb": service.limits.upload_mb,
        }

    @router.get("/api/catalog", response_model=schemas.CatalogPage)
    async def catalog(
        offset: Annotated[int, Query(ge=0, le=10**9)] = 0,
        limit: Annotated[int, Query(ge=1, le=MAX_CATALOG_ITEMS)] = 48,
        filter: Annotated[list[str], Query(max_length=40, description="key=value")] = [],  # noqa: B006
    ) -> Any:
        """Images of the index, mixed."""
        loaded, filters = service.index.current, parse_filter_fields(filter)
        check_filters(filters, loaded)
        rows = loaded.shuffled_rows
        if filters:
            rows = rows[loaded.index.images.matching(filters)[rows]]
        return {"total": len(rows), "items": [_item(loaded, int(row)) for row in rows[offset : offset + limit]]}

    @router.get("/api/items/{number}", response_model=schemas.Item)
    async def one_item(number: ImageId) -> Any:
        """What is known of an image."""
        loaded = service.index.current
        return _item(loaded, row_of_id(loaded, number))

    @router.get("/api/images/{number}", response_class=Response, responses={200: {"content": {"image/jpeg": {}}}})
    async def image(number: ImageId, request: Request) -> Response:
        """The thumbnail of an image."""
        loaded = service.index.current
        unchanging = request.query_params.get("of") == loaded.generation
        return _thumbnail(loaded, row_of_id(loaded, number), CACHE_SECONDS if unchanging else 0)

    @router.get("/api/comparisons/{token}/{side}/{place}", response_class=Response, include_in_schema=False)
    async def compared_image(
        token: Annotated[str, InPath(max_length=40)],
        side: Annotated[str, InPath(max_length=5)],
        place: Annotated[int, InPath(ge=0, le=10_000)],
    ) -> Response:
        return _thumbnail(*service.comparisons.image(token, side, place), CACHE_SECONDS)

    @router.get("/healthz", response_model=schemas.Health)
    async def health() -> Any:
        """Whether queries are answered."""
        return {"status": "ready", "images": len(service.index.current.index.images)}

    @router.get("/metrics", response_class=Response, responses={200: {"content": {"text/plain": {}}}})
    async def metrics() -> Response:
        """For Prometheus."""
        for index in service.indexes:
            service.metrics.images.labels(index.name).set(len(index.current.index.images))
        return Response(service.metrics.text(), media_type=CONTENT_TYPE_LATEST)

    return router


def facets(loaded: LoadedIndex) -> list[dict[str, Any]]:
    """Return what the images of an index can be filtered by: each `key` with its `values` and their `count` of images.
    A key with one value alone is left out: it divides nothing."""
    rows = loaded.index.images.rows_by_value
    keys = sorted(rows, key=lambda key: (key in LAST_FACETS, list(rows).index(key)))
    found = []
    for key in keys:
        if key in NO_FACETS or len(rows[key]) < 2:
            continue
        values = sorted((-len(having), value) for value, having in rows[key].items())[:MAX_FACET_VALUES]
        found.append({"key": key, "values": [{"value": value, "count": -minus} for minus, value in values]})
    return found


def _with_address(loaded: LoadedIndex, answer: Answer) -> dict[str, Any]:
    """Return an answer for a client: its picture's address on this server, in place of a path on the disk."""
    return {**answer, "image": _address(loaded, answer["id"])}


def _item(loaded: LoadedIndex, row: int) -> dict[str, Any]:
    images = loaded.index.images
    cells = {name: images.columns[name][row] for name in ("id", "category", "item", "split")}
    lists = {"attributes": images.attributes(row), "captions": images.captions(row)}
    return {**cells, "image": _address(loaded, cells["id"]), **lists}


def _address(loaded: LoadedIndex, number: str) -> str:
    return f"/api/images/{number}?of={loaded.generation}"


def _blind(token: str, side: str, answers: list[Answer]) -> list[dict[str, Any]]:
    """Return answers that do not reveal which index they come from."""
    visible = ("score", "category", "attributes")
    addresses = [f"{token}/{side}/{place}" for place in range(len(answers))]
    return [
        {**{name: answer[name] for name in visible}, "shown": at, "image": f"/api/comparisons/{at}"}
        for at, answer in zip(addresses, answers, strict=True)
    ]


def _thumbnail(loaded: LoadedIndex, row: int, seconds: int) -> Response:
    content = loaded.index.images.thumbnail(row)
    if not content:
        raise RequestError(404, "there is no picture of this image")
    return Response(content, media_type="image/jpeg", headers={"Cache-Control": f"private, max-age={seconds}"})
