"""A self-contained HTML page of figures, tables and pictures, which opens from the disk with no network."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Literal

import numpy as np
from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from fsim.errors import FsimError
from fsim.images.decode import decode, read_image
from fsim.images.resample import by_pillow
from fsim.images.resize import DamagedImageError, Square
from fsim.interfaces import Catalog, IntArray
from fsim.kit.files import reject_missing_folder, write_text
from fsim.pages.image_map import ImageMap

THUMBNAIL = 96  # pixels
LINE = 40  # letters that a cell has on one line
MARK = b'<meta name="generator" content="fsim">'  # in page.html: this page may be written over
HEAD = 1000  # bytes that the mark is looked for in
MANY = 6  # sections, from which on links lead to them


@dataclass(frozen=True)
class Link:
    """A link in a table to another file."""

    words: str
    target: str

    def __str__(self) -> str:
        return self.words


@dataclass(frozen=True)
class Table:
    """Rows of text, numbers or links under a header, and a title; the first column is text. `shades`, one for each cell
    but the first column's, are from 0 to 1: how strongly it is coloured."""

    header: Sequence[str]
    rows: Sequence[Sequence[str | int | float | Link]]
    shades: Sequence[Sequence[float]] = ()
    title: str = ""

    @property
    def long(self) -> list[bool]:
        """Whether the cells of each column may wrap: sentences do, numbers do not."""
        return [any(len(str(row[column])) > LINE for row in self.rows) for column in range(len(self.header))]


@dataclass(frozen=True)
class Picture:
    """A picture (a data URI, or nothing where it can't be shown) with a caption below it; `note` stands beside it in
    another colour. `mark` frames it as a query or as one of its answers. `words` stand in the place of a picture."""

    source: str
    caption: str
    note: str = ""
    mark: Literal["", "query", "right", "wrong"] = ""
    words: str = ""


@dataclass(frozen=True)
class Bar:
    """A share from 0 to 1 with the bounds of its interval, drawn as a bar; `count` is what it is the share of. None
    where there is no such thing."""

    name: str
    value: float
    low: float | None = None
    high: float | None = None
    count: int | None = None


@dataclass(frozen=True)
class Section:
    """A part of a page: a heading, a sentence, charts, a map, bars under titles, tables, rows of pictures under titles,
    and what is folded away: more tables, and text as it stands in a file."""

    heading: str
    text: str = ""
    tables: Sequence[Table] = ()
    pictures: Sequence[tuple[str, Sequence[Picture]]] = ()
    charts: Sequence[Picture] = ()
    map: ImageMap | None = None
    bars: Sequence[tuple[str, Sequence[Bar]]] = ()
    more: Sequence[Table] = ()
    code: str = ""


@dataclass(frozen=True)
class Page:
    """A page; `figures` are the few numbers that stand large at its head. A page of many sections begins with
    links to them."""

    title: str
    subtitle: str
    figures: Mapping[str, str] = field(default_factory=dict)
    sections: Sequence[Section] = ()

    def write(self, file: Path) -> None:
        """Write the page, atomically.

        Raises:
            FsimError: it cannot be written.
        """
        environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
        here = files("fsim.pages")
        page, script = (here.joinpath(name).read_text(encoding="utf-8") for name in ("page.html", "map.js"))
        write_text(file, environment.from_string(page).render(page=self, script=Markup(script), many=MANY))


def reject_page_file(file: Path) -> None:
    """Reject, before any work is done, a page that would replace another file or has no folder.

    Raises:
        FsimError: there is something that is no page of fsim's, it can't be read, or there is no such folder.
    """
    reject_missing_folder(file)
    if not file.exists():
        return
    try:
        with file.open("rb") as stream:
            ours = MARK in stream.read(HEAD)
    except OSError as error:
        raise FsimError(f"cannot write a page to {file}: {error.strerror or error}; name another file") from error
    if not ours:
        raise FsimError(f"{file} is there already, and no page of fsim's; name another file, or move it away")


def evenly(rows: IntArray, count: int) -> list[int]:
    """Choose up to `count` rows, evenly from the first to the last."""
    if not len(rows):
        return []
    return [int(row) for row in rows[np.unique(np.linspace(0, len(rows) - 1, count).round().astype(int))]]


def thumbnail(catalog: Catalog, row: int, size: int = THUMBNAIL) -> str:
    """Return one image of a catalog, cut by its box, as the data URI of a small JPEG; empty where it cannot be
    decoded."""
    content = thumbnail_bytes(catalog, row, size)
    return jpeg_uri(content) if content else ""


def jpeg_uri(content: bytes) -> str:
    """Return a JPEG as a data URI."""
    return "data:image/jpeg;base64," + base64.b64encode(content).decode()


def thumbnail_bytes(catalog: Catalog, row: int, size: int) -> bytes:
    """Return one image of a catalog, cut by its box, as a small JPEG; empty where it cannot be decoded."""
    from PIL import Image

    image, box = catalog.frame["image"].to_numpy()[row], catalog.frame["box"].to_numpy()[row]
    try:
        source = read_image(catalog.root / image) if catalog.pixels is None else catalog.pixels[row]
        pixels = decode(source, Square(size, "pad", box, bilinear=by_pillow))
    except (DamagedImageError, FsimError):
        return b""
    buffer = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels)).save(buffer, "JPEG", quality=80)
    return buffer.getvalue()
