from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsim.functional.captions import captions_of, captions_of_text, captions_text

captions = st.lists(st.text(min_size=1).filter(str.strip), max_size=4)


@given(captions)
def test_captions_survive_as_text(texts: list[str]) -> None:
    assert captions_of_text(captions_text(texts)) == texts


@pytest.mark.parametrize(
    ("value", "found"),
    [("", []), ("  ", []), (None, []), ([], []), ("a hat", ["a hat"]), (["a", "", "b"], ["a", "b"]), (("a",), ["a"])],
)
def test_a_cell_holds_none_one_or_several(value: object, found: list[str]) -> None:
    assert captions_of(value) == found


@pytest.mark.parametrize("text", ["[new] a red dress", "[", "[1, 2]", '{"a": 1}', "[[]]"])
def test_what_is_no_list_of_texts_is_a_caption(text: str) -> None:
    assert captions_of_text(text) == [text]
    assert captions_of_text(captions_text(text)) == [text]


@pytest.mark.parametrize("value", [3, ["a", 1], {"a": "b"}, 2.5])
def test_anything_else_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match="expected a text or a list of texts"):
        captions_of(value)
