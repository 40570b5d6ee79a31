from __future__ import annotations

from collections.abc import Callable

import numpy as np

from fsim.search.answers import SearchOptions, search
from fsim.search.query import Query, QueryPicture
from fsim.serving.index_queries import IndexQuery, answer_queries
from fsim.serving.loaded_index import LoadedIndex

MakeLoaded = Callable[..., LoadedIndex]


def query_of(
    loaded: LoadedIndex, options: SearchOptions, row: int | None = None, text: str | None = None, weight: float = 0.5
) -> IndexQuery:
    """The query of an image of the index, of words, or of both."""
    pictures = () if row is None else (QueryPicture(embedding=loaded.index.embedding[row]),)
    return IndexQuery(loaded, Query("", pictures, text=text, text_weight=weight), options, row)


def test_queries_together_are_answered_as_each_alone(make_loaded: MakeLoaded) -> None:
    here, there = make_loaded(), make_loaded(1)
    options = [
        SearchOptions(3),
        SearchOptions(5),
        SearchOptions(3, {"category": ["hat"]}),
        SearchOptions(4, fold=True),
        SearchOptions(3, {"colour": ["red"]}),
    ]
    queries = [query_of(loaded, one, row) for loaded in (here, there) for one in options for row in (0, 7, 8)]
    together = answer_queries(queries)
    assert together == [answer_queries([one])[0] for one in queries]
    for query, answers in zip(queries, together, strict=True):
        assert isinstance(answers, list) and str(query.row) not in [one["id"] for one in answers]
    (expected,) = search(here.index, here.index.embedding[:1], SearchOptions(4))
    assert together[0] == expected[1:]


def test_texts_are_answered_together_and_weighed_against_pictures(make_loaded: MakeLoaded) -> None:
    here, there = make_loaded(), make_loaded(1)
    queries = [
        query_of(loaded, SearchOptions(30), row, text, weight)
        for loaded in (here, there)
        for row, text, weight in (
            (None, "red", 0.5),
            (4, "hat", 0.5),
            (4, "red hat", 0.8),
            (4, "hat", 0.0),
            (7, None, 0.5),
        )
    ]
    together = answer_queries(queries)
    for one, answers in zip(queries, together, strict=True):
        embedding, reader = one.loaded.index.embedding, one.loaded.embedder.text_embedder
        assert isinstance(answers, list) and reader is not None
        pictures = embedding / np.linalg.norm(embedding, axis=1, keepdims=True)
        text = np.zeros(4) if one.query.text is None else reader.embed([one.query.text])[0]
        text = text / max(np.linalg.norm(text), 1e-12)
        picture = np.zeros(4) if one.row is None else pictures[one.row]
        expected = pictures @ ((1 - one.query.text_weight) * picture + one.query.text_weight * text)
        order = [row for row in np.argsort(-expected) if row != one.row]
        assert [answer["id"] for answer in answers] == [str(row) for row in order]


def test_filters_that_no_image_matches_together_give_no_answers(make_loaded: MakeLoaded) -> None:
    options = SearchOptions(3, {"category": ["hat"], "colour": ["red"]})
    queries = [query_of(make_loaded(), options, 0), query_of(make_loaded(), SearchOptions(1), 0)]
    assert answer_queries(queries)[0] == []


def test_a_search_that_fails_fails_for_its_own_query(make_loaded: MakeLoaded) -> None:
    broken = make_loaded()
    object.__setattr__(broken.index, "embedding", np.full((30, 4), np.nan, np.float32))
    queries = [query_of(one, SearchOptions(3), 0) for one in (broken, make_loaded(1))]
    failed, well = answer_queries(queries)
    assert isinstance(failed, Exception) and isinstance(well, list) and len(well) == 3
