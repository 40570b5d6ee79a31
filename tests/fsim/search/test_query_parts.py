from __future__ import annotations

from typing import Any

import pytest

from fsim.errors import FsimError
from fsim.search.query_parts import Query, QueryParts

MISTAKES: dict[str, tuple[dict[str, Any], str]] = {
    "nothing": ({}, 'a picture, or words by --text "red striped dress"'),
    "texts with pictures": ({"images": ["a"], "texts": ["b", "c"]}, "one text with pictures, or several texts without"),
    "a mean of words": ({"texts": ["a"], "mean": True}, "--mean is for pictures"),
    "words and a picture": ({"texts": ["a"], "plus": ["b"]}, "--plus is for pictures"),
    "words less a picture": ({"texts": ["a"], "minus": ["b"]}, "--minus is for pictures"),
    "a part of words": ({"texts": ["a"], "box": (0, 0, 1, 1)}, "--crop is for pictures"),
    "a weight of one": ({"texts": ["a"], "weight": 0.5}, "--text-weight weighs a text against a picture"),
    "a weight above 1": ({"images": ["a"], "texts": ["b"], "weight": 1.1}, "--text-weight 1.1: give 0"),
    "no number": ({"images": ["a"], "texts": ["b"], "weight": float("nan")}, "--text-weight nan: give 0"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_what_does_not_go_together_is_refused(mistake: str) -> None:
    given, expected = MISTAKES[mistake]
    with pytest.raises(FsimError, match=expected):
        QueryParts(**{"images": [], **given})


def test_the_name_of_a_sum_says_its_weights() -> None:
    assert Query("q.jpg", "q.jpg").with_text("but longer", 0.5) == Query(
        '0.5 q.jpg + 0.5 "but longer"', "q.jpg", "but longer"
    )
    assert Query("a.jpg - b.jpg").with_text("red", 0.1).name == '0.9 (a.jpg - b.jpg) + 0.1 "red"'
