from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.datastructures import FormData

from fsim.search.query import TEXT_WEIGHT
from fsim.serving.limits import TEXT, Limits
from fsim.serving.request_error import RequestError
from fsim.serving.schemas import SEARCH_FORM
from fsim.serving.search_form import FIELD_NAMES, parse_form


def test_a_text_stands_alone_or_beside_an_image() -> None:
    alone = parse_form(FormData([("text", " red\n dress ")]), Limits())
    assert (alone.text, alone.id, alone.text_weight) == ("red dress", None, TEXT_WEIGHT)
    both = parse_form(FormData([("id", "3"), ("text", "red"), ("text_weight", "0.2")]), Limits())
    assert (both.text, both.id, both.text_weight) == ("red", "3", 0.2)
    assert parse_form(FormData([("id", "3")]), Limits()).text is None


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
    with pytest.raises(RequestError) as refused:
        parse_form(FormData(WRONG[wrong]), Limits())
    assert refused.value.status == 422 and "--" not in refused.value.message


@given(st.lists(st.tuples(st.sampled_from([*FIELD_NAMES, "other"]), st.text(max_size=TEXT + 2)), max_size=5))
def test_any_form_is_read_or_refused(fields: list[tuple[str, str]]) -> None:
    try:
        form = parse_form(FormData(fields), Limits())
    except RequestError:
        return
    assert form.text or form.id or form.shown
    assert 0 <= form.text_weight <= 1


def test_the_description_has_every_field() -> None:
    schema = SEARCH_FORM["requestBody"]["content"]["multipart/form-data"]["schema"]
    assert schema["properties"].keys() == set(FIELD_NAMES)
