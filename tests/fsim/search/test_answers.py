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
from fsim.interfaces import Catalog, Distance
from fsim.search.answers import MOST, Wish, search, varied
from fsim.search.filters import read_filters
from fsim.search.indexed_images import NO_IMAGES
from fsim.search.made_index import make_index
from fsim.search.passport import Made, Passport
from fsim.search.queries import mean_query, moved_query, read_box
from fsim.search.search_index import SearchIndex

RED, BOTH = {"colour": "red"}, {"colour": ["red", "blue"]}


def made(distance: Distance = "cosine", **other: Any) -> Made:
    known: dict[str, Any] = {"run": "r", "run_name": "a/b", "checkpoint": "best", "weights": "w", "preprocessing": {}}
    return Made(**{**known, "dimensions": 4, "distance": distance, "precision": "fp32", **other})


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
    passport = Passport(made(distance), kind, {}, number, "-", "-", 1.0, 10, "0")
    return SearchIndex(Path("x"), passport, images, embedding, index)


def vectors(number: int, seed: int = 0) -> np.ndarray[Any, Any]:
    return np.random.default_rng(seed).standard_normal((number, 4)).astype(np.float32)


@pytest.mark.parametrize("distance", ["cosine", "euclidean"])
def test_the_answers_are_the_exact_neighbours(distance: Distance) -> None:
    embedding, queries = vectors(40), vectors(3, seed=1)
    found = search(opened(embedding, distance), queries, Wish(k=5))
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
    wanted=st.dictionaries(
        st.sampled_from(["category", "colour"]), st.just(["red"]) | st.just(["red", "blue"]), max_size=1
    ).map(lambda one: {"category": ["hat", "shoe"], **one} if "category" not in one else {"colour": ["red"]}),
    k=st.integers(1, 12),
)
def test_filtered_answers_are_the_nearest_of_those_that_have_it(seed: int, wanted: Any, k: int) -> None:
    index = opened(vectors(30, seed), kind="annoy")
    query = vectors(1, seed + 1)
    (found,) = search(index, query, Wish(k=k, wanted=wanted))
    flags = index.filters.flags(wanted)
    scores = query @ index.embedding.T / np.linalg.norm(query) / np.linalg.norm(index.embedding, axis=1)
    order = [row for row in np.argsort(-scores[0], kind="stable") if flags[row]]
    assert [int(one["id"]) for one in found] == order[:k]


def test_filters_name_what_there_is() -> None:
    index = opened(vectors(10))
    assert index.filters.flags({}).all()
    assert index.filters.flags({"colour": ["blue"]}).tolist() == [row % 2 == 1 for row in range(10)]
    with pytest.raises(FsimError, match=r"no 'categry'.*did you mean 'category'"):
        index.filters.flags({"categry": ["hat"]})
    with pytest.raises(FsimError, match=r"no image has category=hats.*did you mean 'hat'"):
        index.filters.flags({"category": ["hats"]})
    with pytest.raises(FsimError, match="no image has all of category=hat, item=item 2"):
        search(index, vectors(1), Wish(wanted={"category": ["hat"], "item": ["item 2"]}))
    assert read_filters(["a=b,c", "a=d", "e=f"]) == {"a": ["b", "c", "d"], "e": ["f"]}
    with pytest.raises(FsimError, match="write key=value"):
        read_filters(["dress"])


def test_folded_answers_show_each_item_and_each_picture_once() -> None:
    embedding = vectors(30)
    embedding[20] = embedding[10] * (1 + 1e-5)  # item "" and item 5: nearly the same picture
    index = opened(embedding)
    (found,) = search(index, vectors(1, 1), Wish(k=30, fold=True))
    items = [one["item"] for one in found if one["item"]]
    assert len(items) == len(set(items))
    ids = [one for answer in found for one in (answer["id"], *answer.get("duplicates", ()))]
    assert sorted(map(int, ids)) == list(range(30))
    groups = [{answer["id"], *answer.get("duplicates", ())} for answer in found]
    (together,) = (group for group in groups if "20" in group)
    assert "10" in together
    (few,) = search(index, vectors(1, 1), Wish(k=4, fold=True))
    assert [one["id"] for one in few] == [one["id"] for one in found[:4]]


def test_varied_answers() -> None:
    likeness = np.array([0.9, 0.89, 0.5])
    between = np.array([[1.0, 0.99, 0.1], [0.99, 1.0, 0.1], [0.1, 0.1, 1.0]])
    assert varied(likeness, between, 0.0, 3) == [0, 1, 2]
    assert varied(likeness, between, 0.5, 2) == [0, 2]
    index = opened(vectors(40))
    (near,), (other,) = (search(index, vectors(1, 1), Wish(k=5, diversity=d)) for d in (0.0, 0.7))
    assert near[0] == other[0] and near != other and len(other) == 5


@pytest.mark.parametrize("distance", ["cosine", "euclidean"])
def test_queries_of_several_pictures(distance: Distance) -> None:
    some = vectors(3)
    mean = mean_query(some, distance)
    assert mean.shape == (1, 4) and mean.dtype == np.float32
    none = np.zeros((0, 4), np.float32)
    assert moved_query(some, none, none, "euclidean").tolist() == some.tolist()
    back = moved_query(moved_query(some, some[:1], none, distance), none, none, distance)
    there = moved_query(some, some[:1], some[:1], distance)
    expected = some / np.linalg.norm(some, axis=1, keepdims=True) if distance == "cosine" else some
    np.testing.assert_allclose(there, expected, atol=1e-6)
    assert not np.allclose(back, expected)


@pytest.mark.parametrize("text", ["1,2,3", "a,b,c,d", "5,1,2,9", "0,0,inf,1", ""])
def test_a_wrong_crop_is_told(text: str) -> None:
    with pytest.raises(FsimError, match="--crop"):
        read_box(text)


def test_a_passport_refuses_other_embeddings(tmp_path: Path) -> None:
    passport = opened(vectors(3)).passport
    passport.refuse_other(made(run="other", precision="bf16"))
    for change in ({"weights": "v"}, {"preprocessing": {"size": 64}}, {"dimensions": 5}, {"distance": "euclidean"}):
        with pytest.raises(FsimError, match=f"can't be compared.*{next(iter(change))}"):
            passport.refuse_other(made(**change))
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
    embedding = vectors(2 * MOST)
    index = opened(embedding)
    index.images.columns["item"][:] = ["the same"] * len(embedding)
    (found,) = search(index, vectors(1, seed=1), Wish(k=3, fold=True))
    assert len(found) == 1 and len(found[0]["duplicates"]) == MOST - 1
