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
from fsim.search.answers import Wish
from fsim.search.queries import HALF, read_box, read_text
from fsim.serving.limits import FIELD_BYTES, FIELDS, TEXT, Limits
from fsim.serving.refused import RefusedError
from fsim.serving.served import Served

Read = TypeVar("Read")
K = 24
NAMES = ("image", "id", "shown", "text", "text_weight", "k", "filter", "crop", "fold", "diversity")


@dataclass(frozen=True)
class Asked:
    """One of `image`, a file of a picture, `id`, an image of the index, and `shown`, one of a comparison; or `text`; or
    both, where `weight` is how much the text counts."""

    wish: Wish
    image: UploadFile | None = None
    id: str | None = None
    shown: str | None = None
    box: Box | None = None
    text: str | None = None
    weight: float = HALF


@asynccontextmanager
async def read_asked(request: Request, limits: Limits) -> AsyncIterator[Asked]:
    """Within it the file is open; a large one is on the disk.

    Raises:
        RefusedError: the form is damaged, or something in it is not as it must be.
    """
    try:
        form = await request.form(max_files=1, max_fields=FIELDS, max_part_size=FIELD_BYTES)
    except ClientDisconnect:
        raise RefusedError(400, "the client went away") from None
    try:
        yield _asked(form, limits)
    finally:
        await form.close()


def _asked(form: FormData, limits: Limits) -> Asked:
    for name in form:
        if name not in NAMES:
            raise RefusedError(422, f"there is no field '{name[:TEXT]}': give {', '.join(NAMES)}")
    file = form.get("image")
    if file is not None and not isinstance(file, UploadFile):
        raise RefusedError(422, "image: send a file, as multipart/form-data")
    texts = {name: _text(form, name) for name in NAMES if name not in ("image", "filter")}
    pictures = sum(one is not None for one in (file, texts["id"], texts["shown"]))
    if pictures > 1 or (pictures == 0 and texts["text"] is None):
        raise RefusedError(
            422,
            "give one of image (a file, as multipart/form-data) and id (of an image of the index), or text, or both",
        )
    if texts["crop"] is not None and file is None:
        raise RefusedError(422, "crop: it is for an image that is sent, not for an id")
    if texts["text_weight"] is not None and (pictures == 0 or texts["text"] is None):
        raise RefusedError(422, "text_weight: it weighs a text against an image: give both")
    wish = Wish(
        int(_number(texts["k"], "k", K, 1, limits.k, whole=True)),
        read_wanted(form.getlist("filter")),
        _flag(texts["fold"]),
        _number(texts["diversity"], "diversity", 0, 0, 1),
    )
    return Asked(
        wish,
        file,
        texts["id"],
        texts["shown"],
        None if texts["crop"] is None else _plainly(read_box, texts["crop"]),
        None if texts["text"] is None else _plainly(read_text, texts["text"]),
        _number(texts["text_weight"], "text_weight", HALF, 0, 1),
    )


def read_wanted(texts: Sequence[object]) -> dict[str, list[str]]:
    """`key=value`, several times: {key: values}.

    Raises:
        RefusedError: one is something else.
    """
    wanted: dict[str, list[str]] = {}
    for text in texts:
        key, _, value = text.partition("=") if isinstance(text, str) else ("", "", "")
        if not key or not value or len(key) + len(value) > TEXT:
            raise RefusedError(422, "filter: write key=value, such as category=dress")
        if value not in wanted.setdefault(key, []):
            wanted[key].append(value)
    return wanted


def check_wanted(wanted: Mapping[str, Sequence[str]] | None, served: Served) -> None:
    """Raises:
    RefusedError: no image has such a key, or such a value of it.
    """
    known = served.index.filters.rows
    for key, values in (wanted or {}).items():
        if key not in known:
            raise RefusedError(422, f"filter: the images have no '{key}'")
        for value in values:
            if value not in known[key]:
                raise RefusedError(422, f"filter: no image has {key}={value}")


def _text(form: FormData, name: str) -> str | None:
    values = form.getlist(name)
    if not values:
        return None
    if len(values) > 1 or not isinstance(values[0], str) or not 0 < len(values[0]) <= TEXT:
        raise RefusedError(422, f"{name}: give one text of up to {TEXT} letters")
    return values[0]


def _number(text: str | None, name: str, default: float, low: float, high: float, whole: bool = False) -> float:
    if text is None:
        return min(default, high)
    try:
        value = int(text) if whole else float(text)
    except ValueError:
        value = -1.0
    if not low <= value <= high:
        raise RefusedError(422, f"{name}: give a {'whole ' if whole else ''}number from {low:g} to {high:g}")
    return value


def _flag(text: str | None) -> bool:
    if text not in (None, "0", "1", "false", "true"):
        raise RefusedError(422, "fold: give 1 or 0")
    return text in ("1", "true")


def _plainly(read: Callable[[str], Read], text: str) -> Read:
    """What it reads of a text; what the command line would say is said of the field."""
    try:
        return read(text)
    except FsimError as error:
        raise RefusedError(422, str(error).removeprefix("--")) from None
