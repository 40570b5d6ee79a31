"""What a person gives to search by: pictures, texts, and how they make up queries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from fsim.errors import FsimError
from fsim.images.decode import read_image
from fsim.images.resize import Box, DamagedImageError
from fsim.interfaces import Vectors
from fsim.search.indexed_images import IndexedImages
from fsim.search.picture import Picture
from fsim.search.queries import HALF, mean_query, moved_query, weighted_query
from fsim.search.query_embedder import QueryEmbedder


@dataclass(frozen=True)
class Query:
    """
    name  what it is made of
    file  the picture, where it is of one
    text  the words, where it has some
    """

    name: str
    file: str | None = None
    text: str | None = None

    def with_text(self, text: str, weight: float) -> Query:
        """It and a text, weighed against it."""
        of = self.name if self.file is not None else f"({self.name})"
        return Query(f'{1 - weight:g} {of} + {weight:g} "{text}"', self.file, text)


@dataclass(frozen=True)
class QueryParts:
    """Each picture or text is a query. With `mean` the pictures are one together; `plus` and `minus` move each of them;
    with a text each becomes their weighted sum.

    weight  0 to 1, of a text against a picture; None for `HALF`
    box     the part of each of `images` to look at

    Raises:
        FsimError: there is nothing to look for, or it does not go together.
    """

    images: Sequence[str]
    texts: Sequence[str] = ()
    weight: float | None = None
    mean: bool = False
    plus: Sequence[str] = ()
    minus: Sequence[str] = ()
    box: Box | None = None

    def __post_init__(self) -> None:
        if not self.images and not self.texts:
            raise FsimError('say what to look for: a picture, or words by --text "red striped dress"')
        if self.images and len(self.texts) > 1:
            raise FsimError("--text: give one text with pictures, or several texts without")
        for name, given in (("mean", self.mean), ("plus", self.plus), ("minus", self.minus), ("crop", self.box)):
            if given and not self.images:
                raise FsimError(f"--{name} is for pictures: give one to search by, or leave it out")
        if self.weight is not None and not (self.images and self.texts):
            raise FsimError("--text-weight weighs a text against a picture: give both, or leave it out")
        if self.weight is not None and not 0 <= self.weight <= 1:
            raise FsimError(f"--text-weight {self.weight:g}: give 0 (the picture alone) to 1 (the text alone)")

    def embedded(self, embedder: QueryEmbedder, images: IndexedImages) -> tuple[list[Query], Vectors]:
        """The queries, and their embeddings [Q, D].

        Args:
            embedder: It reads, where there are texts.
            images: Of the index: a picture that is among them is looked at by its box.

        Raises:
            FsimError: a picture can't be used.
        """
        reader = embedder.reader
        assert reader is not None or not self.texts
        if reader is not None and not self.images:
            return [Query(text, text=text) for text in self.texts], reader.embed(self.texts)
        vectors = _embed(embedder, images, self.images, self.box)
        queries = [Query(file, file) for file in self.images]
        if self.mean:
            vectors = mean_query(vectors, embedder.distance)
            queries = [Query(f"between {' and '.join(self.images)}")]
        if self.plus or self.minus:
            none = np.zeros((0, vectors.shape[1]), np.float32)
            plus, minus = (_embed(embedder, images, of, None) if of else none for of in (self.plus, self.minus))
            vectors = moved_query(vectors, plus, minus, embedder.distance)
            moved = "".join(f" + {one}" for one in self.plus) + "".join(f" - {one}" for one in self.minus)
            queries = [Query(query.name + moved) for query in queries]
        if reader is not None and self.texts:
            (text,) = self.texts
            weight = HALF if self.weight is None else self.weight
            vectors = weighted_query(vectors, reader.embed([text]), weight)
            queries = [query.with_text(text, weight) for query in queries]
        return queries, vectors


def _embed(embedder: QueryEmbedder, images: IndexedImages, files: Sequence[str], box: Box | None) -> Vectors:
    vectors = []
    for file in files:
        try:
            picture = Picture(read_image(Path(file)), box or images.box_of(str(Path(file).absolute())))
            vectors.append(embedder.embed([picture]))
        except DamagedImageError as error:
            raise FsimError(f"{file} can't be searched by: {error}; give another picture") from error
    found: Vectors = np.concatenate(vectors)
    return found
