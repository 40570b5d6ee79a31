"""The form of a search turned into queries to one index or several."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from fsim.errors import FsimError
from fsim.search.query import Query, QueryPicture
from fsim.serving.comparisons import Comparisons
from fsim.serving.index_queries import IndexQuery
from fsim.serving.limits import Limits
from fsim.serving.loaded_index import LoadedIndex
from fsim.serving.request_error import RequestError
from fsim.serving.search_form import SearchForm
from fsim.serving.uploads import Upload


@dataclass(frozen=True)
class ParsedQuery:
    """The query of a form, for each index.

    name           of the query; that of a picture says nothing of what it shows
    unknown_words  of its text, which the network of some index does not know
    queries        one to each index
    """

    name: str
    unknown_words: list[str]
    queries: list[IndexQuery]


def parse_query(
    form: SearchForm, indexes: Sequence[LoadedIndex], comparisons: Comparisons, limits: Limits
) -> ParsedQuery:
    """Return the query of a form to each index. It decodes pictures: call it on a thread beside the event loop.

    Raises:
        RequestError: there is no such image, or the picture or the text can't be used.
    """
    unknown_words = [] if form.text is None else _unknown_words(form.text, indexes)
    name, queries = _picture_queries(form, indexes, comparisons, limits)
    if form.text is not None:
        text = f"text:{form.text}"
        name = f"{name} {1 - form.text_weight:g}, {text} {form.text_weight:g}" if name else text
        with_text = [replace(one.query, text=form.text, text_weight=form.text_weight) for one in queries]
        queries = [replace(one, query=query) for one, query in zip(queries, with_text, strict=True)]
    return ParsedQuery(name, unknown_words, queries)


def _unknown_words(text: str, indexes: Sequence[LoadedIndex]) -> list[str]:
    """The words that the network of some index does not know, each once.

    Raises:
        RequestError: a network knows none of them, or does not read.
    """
    unknown: dict[str, None] = {}
    for loaded in indexes:
        if loaded.embedder.text_embedder is None:
            raise RequestError(422, "text: what is served here does not read: search by an image")
        try:
            unknown.update(dict.fromkeys(loaded.embedder.text_embedder.unknown_words(text)))
        except FsimError as error:
            raise RequestError(422, str(error)) from None
    return list(unknown)


def _picture_queries(
    form: SearchForm, indexes: Sequence[LoadedIndex], comparisons: Comparisons, limits: Limits
) -> tuple[str, list[IndexQuery]]:
    """The name of the form's picture, empty where it has none, and the query to each index without a text."""
    if form.image is not None:
        upload = Upload(form.image.file.read(), form.box)
        return upload.name, [_upload_query(upload, form, loaded, limits) for loaded in indexes]
    if form.id is None and form.shown is None:
        return "", [IndexQuery(loaded, Query(""), form.options) for loaded in indexes]
    home, row = _indexed_image(form, indexes[0], comparisons)
    name = f"id:{home.index.images.columns['id'][row]}"
    return name, [_image_query(home, row, form, loaded, limits) for loaded in indexes]


def _indexed_image(form: SearchForm, first: LoadedIndex, comparisons: Comparisons) -> tuple[LoadedIndex, int]:
    """The index that the form's image is in, and its row there."""
    if form.shown is not None:
        token, _, rest = form.shown.partition("/")
        side, _, position = rest.partition("/")
        is_number = position.isascii() and position.isdigit()
        return comparisons.image(token, side, int(position) if is_number else -1)
    return first, row_of_id(first, form.id or "")


def row_of_id(loaded: LoadedIndex, number: str) -> int:
    """Return the row of an image by its id.

    Raises:
        RequestError: there is none.
    """
    row = loaded.index.row_of_id.get(number)
    if row is None:
        raise RequestError(404, "there is no image of this id: it may have been taken out of the index")
    return row


def _image_query(home: LoadedIndex, row: int, form: SearchForm, loaded: LoadedIndex, limits: Limits) -> IndexQuery:
    """The query of an image of one index, its home, to another: by its embedding there, where it is there."""
    there = row if loaded is home else loaded.index.images.row_of_path.get(home.index.images.columns["image"][row])
    if there is None:
        return _upload_query(Upload(home.index.images.thumbnail(row), None), form, loaded, limits)
    picture = QueryPicture(embedding=loaded.index.embedding[there])
    return IndexQuery(loaded, Query("", (picture,)), form.options, there)


def _upload_query(upload: Upload, form: SearchForm, loaded: LoadedIndex, limits: Limits) -> IndexQuery:
    picture = QueryPicture(pixels=upload.pixels(loaded.embedder, limits))
    return IndexQuery(loaded, Query(upload.name, (picture,)), form.options)
