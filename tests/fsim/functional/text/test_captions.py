from __future__ import annotations

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from fsim.functional.text.captions import caption_value, captions_of, captions_of_text, captions_text


@given(st.lists(st.text()))
@example(['["a", "b"]'])
@example(["[new] red dress"])
@example(["[]", '"', "a\nb", "赤いドレス 👗"])
def test_text_gives_back_what_it_was_made_of(texts: list[str]) -> None:
    captions = captions_of(texts)
    assert captions == [text for text in texts if text.strip()]
    assert captions_of(caption_value(captions)) == captions
    assert captions_of_text(captions_text(texts)) == captions


@given(st.text())
@example("[" * 100_000)
@example('["a", 1]')
@example('[["a"]]')
def test_whatever_a_text_is_it_is_read(text: str) -> None:
    assert captions_of(text) == ([text] if text.strip() else [])
    captions = captions_of_text(text)
    assert captions_of_text(captions_text(captions)) == captions
    if not text.startswith("["):
        assert captions == captions_of(text)


@pytest.mark.parametrize(
    ("value", "found"), [("a hat", ["a hat"]), (["a", "", "b", None], ["a", "b"]), (("a",), ["a"])]
)
def test_a_cell_holds_one_or_several(value: Any, found: list[str]) -> None:
    assert captions_of(value) == found


@pytest.mark.parametrize("text", ["[new] a red dress", "[", "[1, 2]", '{"a": 1}', "[[]]"])
def test_what_is_no_list_of_texts_is_a_caption(text: str) -> None:
    assert captions_of_text(text) == captions_of_text(captions_text(text)) == [text]


def test_a_bracket_begins_a_list_only_where_it_is_one() -> None:
    assert captions_of_text("[new] red dress") == ["[new] red dress"]
    assert captions_of_text('["a", 1]') == ['["a", 1]']
    assert captions_of_text('["a", " ", null, "b"]') == ["a", "b"]
    assert captions_of_text("[]") == []


@pytest.mark.parametrize("value", [None, float("nan"), "", " \n", [], ["", " "], [None]])
def test_nothing_is_no_caption(value: Any) -> None:
    assert captions_of(value) == [] and captions_text(value) == "" and caption_value(captions_of(value)) == ""


@pytest.mark.parametrize("value", [1, True, 1.5, b"a", {"a": "b"}, ["a", 1], ["a", float("nan")], [["a"]], {"a"}])
def test_anything_else_is_refused(value: Any) -> None:
    with pytest.raises(ValueError, match="a text or a list of texts"):
        captions_of(value)
