"""Queries as embeddings: pictures and words embedded, then combined as each query says.

Shape legend: Q queries, P pictures, S image size, D embedding.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from fsim.errors import FsimError
from fsim.functional.retrieval.index_vectors import unit_length
from fsim.images.decode import read_image
from fsim.images.resize import DamagedImageError
from fsim.interfaces import Distance, Vectors
from fsim.search.indexed_images import IndexedImages
from fsim.search.query import Query, QueryPicture
from fsim.search.query_embedder import QueryEmbedder

if TYPE_CHECKING:
    from fsim.images.resample import Pixels


def embed_queries(
    queries: Sequence[Query], embedder: QueryEmbedder, images: IndexedImages, batch_size: int = 1
) -> list[Vectors]:
    """Return the embedding [D] of each query.

    Args:
        queries: With texts only where the embedder has a `text_embedder`.
        images: Of the index: a file that is among them is cut by its box there, where the query names none.
        batch_size: Pictures in one forward pass; the texts are always in one.

    Raises:
        FsimError: a picture can't be used.
    """
    pictures = [picture for query in queries for picture in (*query.pictures, *query.plus, *query.minus)]
    of_picture = _embed_pictures({id(one): one for one in pictures}, embedder, images, batch_size)
    of_text = _embed_texts(queries, embedder)
    return [_combine(query, of_picture, of_text, embedder.distance) for query in queries]


def _embed_pictures(
    pictures: dict[int, QueryPicture], embedder: QueryEmbedder, images: IndexedImages, batch_size: int
) -> dict[int, Vectors]:
    found = {key: picture.embedding for key, picture in pictures.items() if picture.embedding is not None}
    keys = [key for key in pictures if key not in found]
    for start in range(0, len(keys), batch_size):
        batch = keys[start : start + batch_size]
        pixels = [_pixels(pictures[key], embedder, images) for key in batch]
        found |= dict(zip(batch, embedder.embed_pixels(pixels), strict=True))
    return found


def _pixels(picture: QueryPicture, embedder: QueryEmbedder, images: IndexedImages) -> Pixels:
    """[S, S, 3]"""
    if picture.pixels is not None:
        return picture.pixels
    assert picture.file is not None
    file = Path(picture.file)
    try:
        return embedder.prepare(read_image(file), picture.box or images.box_of(str(file.absolute())))
    except DamagedImageError as error:
        raise FsimError(f"{file} can't be searched by: {error}; give another picture") from error


def _embed_texts(queries: Sequence[Query], embedder: QueryEmbedder) -> dict[str, Vectors]:
    texts = list(dict.fromkeys(query.text for query in queries if query.text is not None))
    if not texts:
        return {}
    assert embedder.text_embedder is not None, "texts are refused where the network does not read"
    return dict(zip(texts, embedder.text_embedder.embed(texts), strict=True))


def _combine(query: Query, of_picture: dict[int, Vectors], of_text: dict[str, Vectors], distance: Distance) -> Vectors:
    """[D], of the embeddings of the query's pictures and its text."""
    text = None if query.text is None else of_text[query.text]
    if not query.pictures:
        assert text is not None, "a query looks for something"
        return text
    vector = np.asarray(of_picture[id(query.pictures[0])], np.float32)
    if len(query.pictures) > 1:
        vector = mean_query(_stacked(query.pictures, of_picture), distance)
    if query.plus or query.minus:
        more, less = (_stacked(some, of_picture, len(vector)) for some in (query.plus, query.minus))
        vector = moved_query(vector, more, less, distance)
    return vector if text is None else weighted_query(vector, text, query.text_weight)


def _stacked(pictures: Sequence[QueryPicture], of_picture: dict[int, Vectors], dimensions: int = 0) -> Vectors:
    """[P, D]"""
    vectors = [of_picture[id(picture)] for picture in pictures]
    return np.stack(vectors) if vectors else np.zeros((0, dimensions), np.float32)


def mean_query(vectors: Vectors, distance: Distance) -> Vectors:
    """Return the mean of pictures [P, D] -> [D]; of their directions, where embeddings are compared by cosine."""
    rows = unit_length(vectors) if distance == "cosine" else vectors
    mean: Vectors = rows.mean(0, dtype=np.float32)
    return mean


def moved_query(vector: Vectors, plus: Vectors, minus: Vectors, distance: Distance) -> Vectors:
    """Add the pictures of `plus` [P, D] to a picture [D] -> [D], and subtract those of `minus`; of directions, where
    embeddings are compared by cosine."""
    start, more, less = (unit_length(one) if distance == "cosine" else one for one in (vector, plus, minus))
    moved: Vectors = (start + more.sum(0) - less.sum(0)).astype(np.float32)
    return moved


def weighted_query(vectors: Vectors, text: Vectors, weight: float) -> Vectors:
    """Weigh a text [D] against pictures [..., D] -> [..., D]: (1 - weight) picture + weight text, of directions."""
    weighted: Vectors = ((1 - weight) * unit_length(vectors) + weight * unit_length(text)).astype(np.float32)
    return weighted
