"""The addresses that programs ask, under /api, and what looks after the server asks."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi import Path as InPath
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.responses import JSONResponse, Response

from fsim.serving import schemas
from fsim.serving.asked import check_wanted, read_asked, read_wanted
from fsim.serving.facets import facets
from fsim.serving.form_schema import SEARCH_FORM
from fsim.serving.limits import TEXT
from fsim.serving.questions import Found
from fsim.serving.refused import RefusedError
from fsim.serving.served import Served
from fsim.serving.service import Service
from fsim.serving.sources import row_of

PAGE = 96  # most items of the catalog at a time
KEPT_SECONDS = 86_400  # a thumbnail, by the browser of who saw it
PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {"model": schemas.Problem} for status in (400, 401, 404, 408, 413, 415, 422, 429, 503)
}
Number = Annotated[str, InPath(pattern=r"^[0-9]{1,18}$", description="the id of an image")]


def api(service: Service) -> APIRouter:
    router = APIRouter(responses=PROBLEMS)

    @router.post("/api/search", response_model=schemas.SearchAnswer, openapi_extra=SEARCH_FORM)
    async def search(request: Request) -> Any:
        """The images most like a picture, or that fit words best, best first."""
        async with read_asked(request, service.limits) as asked:
            served, begun, found = await service.search(asked)
        results = [told(served, one) for one in found]
        return JSONResponse({"query": begun.name, "unknown_words": begun.unknown_words, "results": results})

    @router.post("/api/compare", response_model=schemas.ComparisonAnswer, openapi_extra=SEARCH_FORM)
    async def compare(request: Request) -> Any:
        """The same of two indexes, without saying which is which."""
        async with read_asked(request, service.limits) as asked:
            token, begun, answers = await service.compare(asked)
        sides = {side: _compared(token, side, found) for side, found in answers.items()}
        return JSONResponse({"comparison": token, "unknown_words": begun.unknown_words, **sides})

    @router.post("/api/votes", response_model=schemas.Voted)
    async def vote(choice: schemas.Choice) -> Any:
        """Say which side was better; the answer says what stood where."""
        comparison = await service.vote(choice.comparison, choice.choice)
        return {side: shown.name for side, shown in comparison.sides.items()}

    @router.get("/api/about", response_model=schemas.About)
    async def about() -> Any:
        """What is served, and what it can be filtered by."""
        served = service.live.now
        return {
            "name": service.live.name,
            "images": len(served.index.images),
            "distance": served.index.passport.made.distance,
            "facets": facets(served),
            "text": service.reads,
            "compare": service.other is not None,
            "max_k": service.limits.k,
            "max_text": TEXT,
            "max_upload_mb": service.limits.upload_mb,
        }

    @router.get("/api/catalog", response_model=schemas.CatalogPage)
    async def catalog(
        offset: Annotated[int, Query(ge=0, le=10**9)] = 0,
        limit: Annotated[int, Query(ge=1, le=PAGE)] = 48,
        filter: Annotated[list[str], Query(max_length=40, description="key=value")] = [],  # noqa: B006
    ) -> Any:
        """Images of the index, mixed."""
        served, wanted = service.live.now, read_wanted(filter)
        check_wanted(wanted, served)
        rows = served.shuffled
        if wanted:
            rows = rows[served.index.filters.flags(wanted)[rows]]
        return {"total": len(rows), "items": [item(served, int(row)) for row in rows[offset : offset + limit]]}

    @router.get("/api/items/{number}", response_model=schemas.Item)
    async def one_item(number: Number) -> Any:
        """What is known of an image."""
        served = service.live.now
        return item(served, row_of(served, number))

    @router.get("/api/images/{number}", response_class=Response, responses={200: {"content": {"image/jpeg": {}}}})
    async def image(number: Number, request: Request) -> Response:
        """The thumbnail of an image."""
        served = service.live.now
        kept = request.query_params.get("of") == served.generation
        return _jpeg(served, row_of(served, number), KEPT_SECONDS if kept else 0)

    @router.get("/api/comparisons/{token}/{side}/{place}", response_class=Response, include_in_schema=False)
    async def compared_image(
        token: Annotated[str, InPath(max_length=40)],
        side: Annotated[str, InPath(max_length=5)],
        place: Annotated[int, InPath(ge=0, le=10_000)],
    ) -> Response:
        return _jpeg(*service.comparisons.image(token, side, place), KEPT_SECONDS)

    @router.get("/healthz", response_model=schemas.Health)
    async def health() -> Any:
        """Whether queries are answered."""
        return {"status": "ready", "images": len(service.live.now.index.images)}

    @router.get("/metrics", response_class=Response, responses={200: {"content": {"text/plain": {}}}})
    async def metrics() -> Response:
        """For Prometheus."""
        for live in filter(None, (service.live, service.other)):
            service.metrics.images.labels(live.name).set(len(live.now.index.images))
        return Response(service.metrics.text(), media_type=CONTENT_TYPE_LATEST)

    return router


def told(served: Served, answer: dict[str, Any]) -> dict[str, Any]:
    """An answer for a client: its picture on this server, in place of a path on the disk."""
    return {**answer, "image": _address(served, answer["id"])}


def item(served: Served, row: int) -> dict[str, Any]:
    """What is known of an image."""
    images = served.index.images
    known = {name: images.columns[name][row] for name in ("id", "category", "item", "split")}
    said = {"attributes": images.attributes(row), "captions": images.captions(row)}
    return {**known, "image": _address(served, known["id"]), **said}


def _address(served: Served, number: str) -> str:
    return f"/api/images/{number}?of={served.generation}"


def _compared(token: str, side: str, found: Found) -> list[dict[str, Any]]:
    """Answers that do not tell which index they are from."""
    known = ("score", "category", "attributes")
    shown = [f"{token}/{side}/{place}" for place in range(len(found))]
    return [
        {**{name: one[name] for name in known}, "shown": at, "image": f"/api/comparisons/{at}"}
        for at, one in zip(shown, found, strict=True)
    ]


def _jpeg(served: Served, row: int, seconds: int) -> Response:
    content = served.index.images.thumbnail(row)
    if not content:
        raise RefusedError(404, "there is no picture of this image")
    return Response(content, media_type="image/jpeg", headers={"Cache-Control": f"private, max-age={seconds}"})
