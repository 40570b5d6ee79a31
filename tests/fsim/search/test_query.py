from __future__ import annotations

from typing import Any

import hypothesis
import pytest
from hypothesis import strategies as st

from fsim.errors import FsimError
from fsim.search.query import Query, QueryPicture, build_queries, clean_text, parse_box, parse_filters

MISTAKES: dict[str, tuple[dict[str, Any], str]] = {
    "nothing": ({}, 'a picture, or words by --text "red striped dress"'),
    "texts with pictures": ({"images": ["a"], "texts": ["b", "c"]}, "one text with pictures, or several texts without"),
    "a mean of words": ({"texts": ["a"], "mean": True}, "--mean is for pictures"),
    "words and a picture": ({"texts": ["a"], "plus": ["b"]}, "--plus is for pictures"),
    "words less a picture": ({"texts": ["a"], "minus": ["b"]}, "--minus is for pictures"),
    "a part of words": ({"texts": ["a"], "box": (0, 0, 1, 1)}, "--crop is for pictures"),
    "a weight of one": ({"texts": ["a"], "text_weight": 0.5}, "--text-weight weighs a text against a picture"),
    "a weight above 1": ({"images": ["a"], "texts": ["b"], "text_weight": 1.1}, "--text-weight 1.1: give 0"),
    "no number": ({"images": ["a"], "texts": ["b"], "text_weight": float("nan")}, "--text-weight nan: give 0"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_parts_that_do_not_go_together_are_refused(mistake: str) -> None:
    parts, expected = MISTAKES[mistake]
    with pytest.raises(FsimError, match=expected):
        build_queries(**{"images": [], **parts})


def test_each_picture_or_text_is_a_query() -> None:
    box = (0.0, 0.0, 5.0, 5.0)
    first, second = build_queries(["a.jpg", "b.jpg"], box=box)
    assert first == Query("a.jpg", (QueryPicture("a.jpg", box),)) and second.file == "b.jpg"
    assert build_queries([], ["red", " blue\n"]) == [Query("red", text="red"), Query("blue", text="blue")]


def test_pictures_together_are_one_query() -> None:
    (query,) = build_queries(["a.jpg", "b.jpg"], mean=True, plus=["c.jpg"], minus=["d.jpg"])
    assert query.name == "between a.jpg and b.jpg + c.jpg - d.jpg" and query.file is None
    parts = (query.pictures, query.plus, query.minus)
    assert [[one.file for one in pictures] for pictures in parts] == [["a.jpg", "b.jpg"], ["c.jpg"], ["d.jpg"]]


def test_the_name_of_a_sum_says_its_weights() -> None:
    (query,) = build_queries(["q.jpg"], ["but longer"])
    assert (query.name, query.file, query.text) == ('0.5 q.jpg + 0.5 "but longer"', "q.jpg", "but longer")
    (query,) = build_queries(["a.jpg"], ["red"], text_weight=0.1, minus=["b.jpg"])
    assert (query.name, query.text_weight) == ('0.9 (a.jpg - b.jpg) + 0.1 "red"', 0.1)


@hypothesis.given(st.text(st.characters(exclude_categories=())))
def test_any_text_is_one_line_or_refused(text: str) -> None:
    try:
        found = clean_text(text)
    except FsimError as error:
        assert "red striped dress" in str(error)
        return
    assert found == " ".join(found.split()) == clean_text(found) and len(found) <= len(text)
    found.encode()
    assert not {chr(number) for number in (*range(32), 127)} & set(found)


def test_a_text_keeps_what_joins_letters() -> None:
    assert clean_text("  red\tstriped \n dress\x00 ") == "red striped dress"
    joined = "\u0645\u06cc\u200c\u062e\u0648 \U0001f469\u200d\U0001f3a4"
    assert clean_text(joined) == joined


@pytest.mark.parametrize("text", ["1,2,3", "a,b,c,d", "5,1,2,9", "0,0,inf,1", ""])
def test_a_wrong_crop_is_told(text: str) -> None:
    with pytest.raises(FsimError, match="--crop"):
        parse_box(text)


def test_filters_are_read() -> None:
    assert parse_filters(["a=b,c", "a=d", "e=f"]) == {"a": ["b", "c", "d"], "e": ["f"]}
    with pytest.raises(FsimError, match="write key=value"):
        parse_filters(["dress"])
