from __future__ import annotations

from pathlib import Path
from typing import Any

import hypothesis
import numpy as np
import pytest
import torch
from hypothesis import strategies as st

from fsim.errors import FsimError
from fsim.functional.retrieval.topk import topk
from fsim.images.preparation import Preparation
from fsim.interfaces import Catalog, Distance
from fsim.search.answers import MAX_CANDIDATES, SearchOptions, diverse_order, search
from fsim.search.indexed_images import NO_IMAGES
from fsim.search.passport import EmbeddingSource, Passport
from fsim.search.search_index import SearchIndex, make_index

RED, BOTH = {"colour": "red"}, {"colour": ["red", "blue"]}


def source(distance: Distance = "cosine", **other: Any) -> EmbeddingSource:
    known: dict[str, Any] = {"run": "r", "run_name": "a/b", "checkpoint": "best", "weights": "w"}
    known |= {"preparation": Preparation(8), "dimensions": 4, "distance": distance, "precision": "fp32"}
    return EmbeddingSource(**(known | other))


def opened(embedding: np.ndarray[Any, Any], distance: Distance = "cosine", kind: str = "exact") -> SearchIndex:
    number = len(embedding)
    catalog = Catalog.of(
        {
            "image": [f"{row}.jpg" for row in range(number)],
            "split": ["val"] * number,
            "category": [("hat", "shoe", "")[row % 3] for row in range(number)],
            "item": [f"item {row // 2}" if row % 5 else "" for row in range(number)],
            "attributes": [
                {"colour": ["red", "blue"] if row % 2 else "red"} if row % 4 else {} for row in range(number)
            ],
        },
        Path(),
    )
    images = NO_IMAGES.with_more(catalog.frame, [b"jpeg" * (row % 3) for row in range(number)])
    index = make_index(kind, {})
    index.build(embedding, distance)
    passport = Passport(source(distance), kind, {}, number, "-", "-", 1.0, 10, "0")
    return SearchIndex(Path("x"), passport, images, embedding, index)


def vectors(number: int, seed: int = 0) -> np.ndarray[Any, Any]:
    return np.random.default_rng(seed).standard_normal((number, 4)).astype(np.float32)


@pytest.mark.parametrize("distance", ["cosine", "euclidean"])
def test_the_answers_are_the_exact_neighbours(distance: Distance) -> None:
    embedding, queries = vectors(40), vectors(3, seed=1)
    found = search(opened(embedding, distance), queries, SearchOptions(k=5))
    exact = topk(torch.from_numpy(queries), torch.from_numpy(embedding), 5, distance)
    assert [[int(one["id"]) for one in of] for of in found] == exact.index.tolist()
    if distance == "cosine":
        assert [[one["score"] for one in of] for of in found] == pytest.approx(exact.score.numpy(), abs=1e-6)
    else:
        far = np.linalg.norm(queries[0] - embedding[exact.index[0]], axis=1)
        assert [one["score"] for one in found[0]] == pytest.approx(-far, abs=1e-5)
    assert set(found[0][0]) == {"id", "image", "score", "category", "item", "split", "attributes"}


@hypothesis.given(
    seed=st.integers(0, 99),
    filters=st.dictionaries(
        st.sampled_from(["category", "colour"]), st.just(["red"]) | st.just(["red", "blue"]), max_size=1
    ).map(lambda one: {"category": ["hat", "shoe"], **one} if "category" not in one else {"colour": ["red"]}),
    k=st.integers(1, 12),
)
def test_filtered_answers_are_the_nearest_of_those_that_have_it(seed: int, filters: Any, k: int) -> None:
    index = opened(vectors(30, seed), kind="annoy")
    query = vectors(1, seed + 1)
    (found,) = search(index, query, SearchOptions(k=k, filters=filters))
    flags = index.images.matching(filters)
    scores = query @ index.embedding.T / np.linalg.norm(query) / np.linalg.norm(index.embedding, axis=1)
    order = [row for row in np.argsort(-scores[0], kind="stable") if flags[row]]
    assert [int(one["id"]) for one in found] == order[:k]


def test_filters_name_what_there_is() -> None:
    index = opened(vectors(10))
    assert index.images.matching({}).all()
    assert index.images.matching({"colour": ["blue"]}).tolist() == [row % 2 == 1 for row in range(10)]
    with pytest.raises(FsimError, match=r"no 'categry'.*did you mean 'category'"):
        index.images.matching({"categry": ["hat"]})
    with pytest.raises(FsimError, match=r"no image has category=hats.*did you mean 'hat'"):
        index.images.matching({"category": ["hats"]})
    with pytest.raises(FsimError, match="no image has all of category=hat, item=item 2"):
        search(index, vectors(1), SearchOptions(filters={"category": ["hat"], "item": ["item 2"]}))


def test_folded_answers_show_each_item_and_each_picture_once() -> None:
    embedding = vectors(30)
    embedding[20] = embedding[10] * (1 + 1e-5)  # item "" and item 5: nearly the same picture
    index = opened(embedding)
    (found,) = search(index, vectors(1, 1), SearchOptions(k=30, fold=True))
    items = [one["item"] for one in found if one["item"]]
    assert len(items) == len(set(items))
    ids = [one for answer in found for one in (answer["id"], *answer.get("duplicates", ()))]
    assert sorted(map(int, ids)) == list(range(30))
    groups = [{answer["id"], *answer.get("duplicates", ())} for answer in found]
    (together,) = (group for group in groups if "20" in group)
    assert "10" in together
    (few,) = search(index, vectors(1, 1), SearchOptions(k=4, fold=True))
    assert [one["id"] for one in few] == [one["id"] for one in found[:4]]


def test_varied_answers() -> None:
    likeness = np.array([0.9, 0.89, 0.5])
    between = np.array([[1.0, 0.99, 0.1], [0.99, 1.0, 0.1], [0.1, 0.1, 1.0]])
    assert diverse_order(likeness, between, 0.0, 3) == [0, 1, 2]
    assert diverse_order(likeness, between, 0.5, 2) == [0, 2]
    index = opened(vectors(40))
    (near,), (other,) = (search(index, vectors(1, 1), SearchOptions(k=5, diversity=d)) for d in (0.0, 0.7))
    assert near[0] == other[0] and near != other and len(other) == 5


def test_a_passport_refuses_other_embeddings(tmp_path: Path) -> None:
    passport = opened(vectors(3)).passport
    passport.check_comparable(source(run="other", precision="bf16"))
    for change in ({"weights": "v"}, {"preparation": Preparation(64)}, {"dimensions": 5}, {"distance": "euclidean"}):
        with pytest.raises(FsimError, match=f"can't be compared.*{next(iter(change))}"):
            passport.check_comparable(source(**change))
    passport.write(tmp_path)
    assert Passport.read(tmp_path) == passport
    (tmp_path / "passport.json").write_text("{}")
    with pytest.raises(FsimError, match="damaged"):
        Passport.read(tmp_path)


def test_images_are_written_and_ids_are_never_given_twice(tmp_path: Path) -> None:
    images = opened(vectors(5)).images
    fewer = images.take(np.array([0, 3]))
    more = fewer.with_more(Catalog.of({"image": ["new.jpg"], "box": [(1.0, 2.0, 3.0, 4.0)]}, Path()).frame, [b"abc"])
    more.write(tmp_path)
    read = type(images).read(tmp_path)
    assert read.frame["id"].tolist() == ["0", "3", "5"] and read.next_id == 6
    assert [read.thumbnail(row) for row in range(3)] == [b"", b"", b"abc"]
    assert read.box_of("new.jpg") == (1.0, 2.0, 3.0, 4.0) and read.box_of("0.jpg") is None and read.box_of("no") is None
    assert read.frame["box"].tolist() == ["", "", "1 2 3 4"] and read.attributes(1) == {"colour": ["red", "blue"]}
    anew = NO_IMAGES.with_more(Catalog.of({"image": ["other.jpg", "3.jpg"]}, Path()).frame, [b"", b"x"])
    assert anew.with_ids_of(more).frame["id"].tolist() == ["6", "3"] and anew.with_ids_of(more).next_id == 8
    (tmp_path / "thumbnails.bin").write_bytes(b"ab")
    with pytest.raises(FsimError, match="damaged"):
        type(images).read(tmp_path)


def test_one_item_of_very_many_pictures_does_not_grow_the_work_without_bound() -> None:
    embedding = vectors(2 * MAX_CANDIDATES)
    index = opened(embedding)
    index.images.columns["item"][:] = ["the same"] * len(embedding)
    (found,) = search(index, vectors(1, seed=1), SearchOptions(k=3, fold=True))
    assert len(found) == 1 and len(found[0]["duplicates"]) == MAX_CANDIDATES - 1
