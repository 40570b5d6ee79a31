from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.datastructures import FormData

from fsim.search.queries import HALF
from fsim.serving.asked import NAMES, _asked
from fsim.serving.form_schema import SEARCH_FORM
from fsim.serving.limits import TEXT, Limits
from fsim.serving.refused import RefusedError


def test_a_text_stands_alone_or_beside_an_image() -> None:
    alone = _asked(FormData([("text", " red\n dress ")]), Limits())
    assert (alone.text, alone.id, alone.weight) == ("red dress", None, HALF)
    both = _asked(FormData([("id", "3"), ("text", "red"), ("text_weight", "0.2")]), Limits())
    assert (both.text, both.id, both.weight) == ("red", "3", 0.2)
    assert _asked(FormData([("id", "3")]), Limits()).text is None


WRONG = {
    "nothing": [],
    "blank": [("text", " \t")],
    "long": [("text", "x" * (TEXT + 1))],
    "two texts": [("text", "red"), ("text", "blue")],
    "two images": [("id", "1"), ("shown", "a/left/0"), ("text", "red")],
    "a weight of a text alone": [("text", "red"), ("text_weight", "0.5")],
    "a weight of an image alone": [("id", "1"), ("text_weight", "0.5")],
    "a part of words": [("text", "red"), ("crop", "0,0,1,1")],
}


@pytest.mark.parametrize("wrong", WRONG)
def test_what_does_not_go_together_is_refused(wrong: str) -> None:
    with pytest.raises(RefusedError) as refused:
        _asked(FormData(WRONG[wrong]), Limits())
    assert refused.value.status == 422 and "--" not in refused.value.message


@given(st.lists(st.tuples(st.sampled_from([*NAMES, "other"]), st.text(max_size=TEXT + 2)), max_size=5))
def test_any_form_is_read_or_refused(fields: list[tuple[str, str]]) -> None:
    try:
        asked = _asked(FormData(fields), Limits())
    except RefusedError:
        return
    assert asked.text or asked.id or asked.shown
    assert 0 <= asked.weight <= 1


def test_the_description_has_every_field() -> None:
    schema = SEARCH_FORM["requestBody"]["content"]["multipart/form-data"]["schema"]
    assert schema["properties"].keys() == set(NAMES)
