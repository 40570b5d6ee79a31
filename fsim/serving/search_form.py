"""The form of a search, read and checked."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TypeVar

from starlette.datastructures import FormData, UploadFile
from starlette.requests import ClientDisconnect, Request

from fsim.errors import FsimError
from fsim.images.resize import Box
from fsim.search.answers import SearchOptions
from fsim.search.query import TEXT_WEIGHT, clean_text, parse_box
from fsim.serving.limits import FIELD_BYTES, FIELDS, TEXT, Limits
from fsim.serving.loaded_index import LoadedIndex
from fsim.serving.request_error import RequestError

Parsed = TypeVar("Parsed")
DEFAULT_K = 24
FIELD_NAMES = ("image", "id", "shown", "text", "text_weight", "k", "filter", "crop", "fold", "diversity")


@dataclass(frozen=True)
class SearchForm:
    """One picture at most, as `image`, an uploaded file, `id`, an image of the index, or `shown`, an image of a
    comparison; and a `text`, alone or with a picture, where `text_weight` is how much the text counts."""

    options: SearchOptions
    image: UploadFile | None = None
    id: str | None = None
    shown: str | None = None
    box: Box | None = None
    text: str | None = None
    text_weight: float = TEXT_WEIGHT


@asynccontextmanager
async def read_search_form(request: Request, limits: Limits) -> AsyncIterator[SearchForm]:
    """Read the form of a request. Within this context its file is open; a large file is on the disk.

    Raises:
        RequestError: the form is damaged, or a field has a wrong value.
    """
    try:
        form = await request.form(max_files=1, max_fields=FIELDS, max_part_size=FIELD_BYTES)
    except ClientDisconnect:
        raise RequestError(400, "the client went away") from None
    try:
        yield parse_form(form, limits)
    finally:
        await form.close()


def parse_form(form: FormData, limits: Limits) -> SearchForm:
    """Check the fields of a form, each by itself and with the others.

    Raises:
        RequestError: a field is unknown or has a wrong value, or the fields do not go together.
    """
    for name in form:
        if name not in FIELD_NAMES:
            raise RequestError(422, f"there is no field '{name[:TEXT]}': give {', '.join(FIELD_NAMES)}")
    file = form.get("image")
    if file is not None and not isinstance(file, UploadFile):
        raise RequestError(422, "image: send a file, as multipart/form-data")
    texts = {name: _single_text(form, name) for name in FIELD_NAMES if name not in ("image", "filter")}
    num_pictures = sum(one is not None for one in (file, texts["id"], texts["shown"]))
    if num_pictures > 1 or (num_pictures == 0 and texts["text"] is None):
        raise RequestError(
            422,
            "give one of image (a file, as multipart/form-data) and id (of an image of the index), or text, or both",
        )
    if texts["crop"] is not None and file is None:
        raise RequestError(422, "crop: it is for an image that is sent, not for an id")
    if texts["text_weight"] is not None and (num_pictures == 0 or texts["text"] is None):
        raise RequestError(422, "text_weight: it weighs a text against an image: give both")
    options = SearchOptions(
        int(_number(texts["k"], "k", DEFAULT_K, 1, limits.k, whole=True)),
        parse_filter_fields(form.getlist("filter")),
        _flag(texts["fold"]),
        _number(texts["diversity"], "diversity", 0, 0, 1),
    )
    return SearchForm(
        options,
        file,
        texts["id"],
        texts["shown"],
        None if texts["crop"] is None else _as_request_error(parse_box, texts["crop"]),
        None if texts["text"] is None else _as_request_error(clean_text, texts["text"]),
        _number(texts["text_weight"], "text_weight", TEXT_WEIGHT, 0, 1),
    )


def parse_filter_fields(texts: Sequence[object]) -> dict[str, list[str]]:
    """Return {key: values} of texts `key=value`.

    Raises:
        RequestError: a text is something else.
    """
    filters: dict[str, list[str]] = {}
    for text in texts:
        key, _, value = text.partition("=") if isinstance(text, str) else ("", "", "")
        if not key or not value or len(key) + len(value) > TEXT:
            raise RequestError(422, "filter: write key=value, such as category=dress")
        if value not in filters.setdefault(key, []):
            filters[key].append(value)
    return filters


def check_filters(filters: Mapping[str, Sequence[str]] | None, loaded: LoadedIndex) -> None:
    """Reject filters that no image of an index has.

    Raises:
        RequestError: no image has such a key, or such a value of it.
    """
    known = loaded.index.images.rows_by_value
    for key, values in (filters or {}).items():
        if key not in known:
            raise RequestError(422, f"filter: the images have no '{key}'")
        for value in values:
            if value not in known[key]:
                raise RequestError(422, f"filter: no image has {key}={value}")


def _single_text(form: FormData, name: str) -> str | None:
    values = form.getlist(name)
    if not values:
        return None
    if len(values) > 1 or not isinstance(values[0], str) or not 0 < len(values[0]) <= TEXT:
        raise RequestError(422, f"{name}: give one text of up to {TEXT} letters")
    return values[0]


def _number(text: str | None, name: str, default: float, low: float, high: float, whole: bool = False) -> float:
    if text is None:
        return min(default, high)
    try:
        value = int(text) if whole else float(text)
    except ValueError:
        value = -1.0
    if not low <= value <= high:
        raise RequestError(422, f"{name}: give a {'whole ' if whole else ''}number from {low:g} to {high:g}")
    return value


def _flag(text: str | None) -> bool:
    if text not in (None, "0", "1", "false", "true"):
        raise RequestError(422, "fold: give 1 or 0")
    return text in ("1", "true")


def _as_request_error(parse: Callable[[str], Parsed], text: str) -> Parsed:
    """Parse a text; an error that names an option of the command line becomes one that names the field."""
    try:
        return parse(text)
    except FsimError as error:
        raise RequestError(422, str(error).removeprefix("--")) from None
