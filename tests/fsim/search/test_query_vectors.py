from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from fsim.errors import FsimError
from fsim.interfaces import Catalog, Distance, Vectors
from fsim.search.indexed_images import NO_IMAGES
from fsim.search.query import Query, QueryPicture, build_queries
from fsim.search.query_vectors import embed_queries, mean_query, moved_query, weighted_query


class MeanColours:
    """Embeds a picture as its mean colour, and a text as its number of letters beside 1 and 2."""

    distance = "cosine"

    def __init__(self) -> None:
        self.text_embedder, self.batches = self, list[int]()

    def prepare(self, data: bytes, box: Any = None) -> Any:
        with Image.open(Path(data.decode())) as image:
            return np.asarray(image.crop(box) if box else image)

    def embed_pixels(self, pixels: Any) -> Vectors:
        self.batches.append(len(pixels))
        vectors: Vectors = np.stack([one.mean((0, 1)) for one in pixels]).astype(np.float32)
        return vectors

    def embed(self, texts: Any) -> Vectors:
        return np.array([[len(text), 1, 2] for text in texts], np.float32)


@pytest.fixture
def files(tmp_path: Path) -> list[str]:
    """Pictures of one colour each, whose left halves are grey."""
    files = []
    for name, colour in {"red": (250, 10, 10), "green": (10, 250, 10), "blue": (10, 10, 250)}.items():
        picture = Image.new("RGB", (40, 20), colour)
        picture.paste((128, 128, 128), (0, 0, 20, 20))
        picture.save(tmp_path / f"{name}.png")
        files.append(tmp_path / name)
        files[-1].write_text(f"{tmp_path / name}.png")  # `prepare` is given what a file holds
    return [str(file) for file in files]


def embed(queries: list[Query], images: Any = NO_IMAGES, embedder: Any = None, **more: Any) -> list[Vectors]:
    return embed_queries(queries, embedder or MeanColours(), images, **more)


def unit(vector: Any) -> Any:
    return np.asarray(vector) / np.linalg.norm(vector)


def test_queries_are_combined_as_they_say(files: list[str]) -> None:
    first, second, third = embed(build_queries(files))
    assert first.tolist() == [189, 69, 69]
    (mean,) = embed(build_queries(files[:2], mean=True))
    np.testing.assert_allclose(mean, (unit(first) + unit(second)) / 2, atol=1e-6)
    (moved,) = embed(build_queries(files[:1], plus=files[1:2], minus=files[2:]))
    np.testing.assert_allclose(moved, unit(first) + unit(second) - unit(third), atol=1e-6)
    (both,) = embed(build_queries(files[:1], ["red"], text_weight=0.2))
    np.testing.assert_allclose(both, 0.8 * unit(first) + 0.2 * unit([3, 1, 2]), atol=1e-6)
    red, blue = embed(build_queries([], ["red", "blue"]))
    assert red.tolist() == [3, 1, 2] and blue.tolist() == [4, 1, 2]


def test_prepared_pictures_and_known_embeddings_are_taken_as_they_are(files: list[str]) -> None:
    pixels, known = MeanColours().prepare(files[0].encode() + b".png"), np.array([1, 2, 3], np.float32)
    pictures = [QueryPicture(files[0]), QueryPicture(pixels=pixels), QueryPicture(embedding=known)]
    from_file, from_pixels, from_index = embed([Query("", (picture,)) for picture in pictures], batch_size=9)
    assert from_file.tolist() == from_pixels.tolist() and from_index.tolist() == known.tolist()


def test_a_picture_is_embedded_once_in_batches_of_the_wanted_size(files: list[str]) -> None:
    for batch_size, batches in ((1, [1, 1, 1]), (2, [2, 1]), (9, [3])):
        embedder = MeanColours()
        embed(build_queries(files[:2], plus=files[2:]), embedder=embedder, batch_size=batch_size)  # one moves both
        assert embedder.batches == batches


def test_a_picture_is_cut_by_the_box_of_the_query_or_of_the_index(files: list[str]) -> None:
    table = Catalog.of({"image": files[:1], "box": [(20.0, 0.0, 40.0, 20.0)]}, Path()).frame
    images = NO_IMAGES.with_more(table, [b""])
    (by_index,) = embed(build_queries(files[:1]), images)
    (by_query,) = embed(build_queries(files[:1], box=(0, 0, 20, 20)), images)
    assert by_index.tolist() == [250, 10, 10] and by_query.tolist() == [128, 128, 128]


def test_a_picture_that_is_not_there_is_named() -> None:
    with pytest.raises(FsimError, match=r"no.jpg can't be searched by.*give another picture"):
        embed(build_queries(["no.jpg"]))


@pytest.mark.parametrize("weight", [0.0, 0.3, 0.5, 1.0])
def test_a_picture_and_a_text_are_summed_as_directions(weight: float) -> None:
    draw = np.random.default_rng(0)
    pictures, text = draw.standard_normal((3, 4)).astype(np.float32), draw.standard_normal(4).astype(np.float32)
    found = weighted_query(100 * pictures, 0.01 * text, weight)
    for picture, one in zip(pictures, found, strict=True):
        expected = (1 - weight) * picture / np.linalg.norm(picture) + weight * text / np.linalg.norm(text)
        np.testing.assert_allclose(one, expected, atol=1e-6)
        np.testing.assert_array_equal(one, weighted_query(100 * picture, 0.01 * text, weight))
    assert found.dtype == np.float32 and not np.isnan(weighted_query(0 * pictures, 0 * text, weight)).any()


@pytest.mark.parametrize("distance", ["cosine", "euclidean"])
def test_a_move_there_and_back_changes_nothing(distance: Distance) -> None:
    vectors = np.random.default_rng(0).standard_normal((3, 4)).astype(np.float32)
    mean, none = mean_query(vectors, distance), np.zeros((0, 4), np.float32)
    assert mean.shape == (4,) and mean.dtype == np.float32
    for row, vector in enumerate(vectors):
        assert moved_query(vector, none, none, "euclidean").tolist() == vector.tolist()
        expected = unit(vector) if distance == "cosine" else vector
        np.testing.assert_allclose(moved_query(vector, vectors[:1], vectors[:1], distance), expected, atol=1e-6)
        moved = moved_query(moved_query(vector, vectors[:1], none, distance), none, none, distance)
        assert np.allclose(moved, expected) == (distance == "cosine" and row == 0)  # towards itself: the same direction
