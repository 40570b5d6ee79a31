from __future__ import annotations

from typing import Any

import hypothesis
import numpy as np
import pytest
import torch
from hypothesis import strategies as st

from fsim.errors import FsimError
from fsim.functional.retrieval.topk import topk
from fsim.interfaces import Distance
from fsim.search.answers import MAX_CANDIDATES, SearchOptions, diverse_order, search

from .made_index import opened, vectors

RED, BOTH = {"colour": "red"}, {"colour": ["red", "blue"]}


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


def test_filters_that_no_image_matches_together_are_refused() -> None:
    with pytest.raises(FsimError, match="no image has all of category=hat, item=item 2"):
        search(opened(vectors(10)), vectors(1), SearchOptions(filters={"category": ["hat"], "item": ["item 2"]}))


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


def test_one_item_of_very_many_pictures_does_not_grow_the_work_without_bound() -> None:
    embedding = vectors(2 * MAX_CANDIDATES)
    index = opened(embedding)
    index.images.columns["item"][:] = ["the same"] * len(embedding)
    (found,) = search(index, vectors(1, seed=1), SearchOptions(k=3, fold=True))
    assert len(found) == 1 and len(found[0]["duplicates"]) == MAX_CANDIDATES - 1
