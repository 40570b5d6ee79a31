from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsim.functional.text.vocabulary import PADDING, Vocabulary, words_of


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("A Red dress.", ["a", "red", "dress"]),
        ("knee-length T-Shirt, 50% wool", ["knee", "length", "t", "shirt", "50", "wool"]),
        ("women's", ["women", "s"]),
        ("ﬁne \uff32\uff25\uff24 straße", ["fine", "red", "strasse"]),  # a ligature, wide letters, sharp s
        ("cafe\u0301 CAFÉ", ["café", "café"]),  # a combining accent, and a letter that has it
        ("红色连衣裙", ["红", "色", "连", "衣", "裙"]),
        ("red 连衣", ["red", "连", "衣"]),
        ("लाल पोशाक", ["लाल", "पोशाक"]),  # vowel signs are marks
        ("красное ПЛАТЬЕ", ["красное", "платье"]),
        ("", []),
        (" \n\t!?, \U0001f457", []),
    ],
)
def test_words(text: str, words: list[str]) -> None:
    assert words_of(text) == [unicodedata.normalize("NFKC", word) for word in words]


def test_frequent_words_come_first_and_equally_frequent_ones_by_their_letters() -> None:
    captions = ["a red dress", "a blue dress", "a hat"]
    assert Vocabulary.of(captions, 1, 100, 8).words == ("a", "dress", "blue", "hat", "red")
    assert Vocabulary.of(captions, 2, 100, 8).words == ("a", "dress")
    assert Vocabulary.of(captions, 1, 3, 8).words == ("a", "dress", "blue")


def test_tokens_are_numbers_of_words() -> None:
    vocabulary = Vocabulary(("red", "dress"), max_length=3)
    assert vocabulary.size == 3
    tokens = vocabulary.tokens(["Red dress", "", "a red RED, red dress"])
    assert tokens.tolist() == [[1, 2, PADDING], [PADDING] * 3, [1, 1, 1]]
    assert vocabulary.tokens([]).shape == (0, 1)
    assert vocabulary.tokens([""]).tolist() == [[PADDING]]
    assert vocabulary.unknown("a RED hat, a hat") == ["a", "hat"]


@given(st.lists(st.text(), max_size=5), st.integers(1, 6))
def test_any_text_becomes_tokens(texts: list[str], max_length: int) -> None:
    vocabulary = Vocabulary.of(texts, 1, 1000, max_length)
    tokens = vocabulary.tokens(texts)
    assert tokens.shape[0] == len(texts) and 1 <= tokens.shape[1] <= max_length
    for row, text in zip(tokens, texts, strict=True):
        words = words_of(text)[:max_length]
        assert [vocabulary.words[number - 1] for number in row[: len(words)]] == words
        assert (row[len(words) :] == PADDING).all()
    assert not any(vocabulary.unknown(text) for text in texts)


@given(st.text())
def test_case_and_the_form_of_letters_do_not_matter(text: str) -> None:
    words = words_of(text)
    assert words_of(unicodedata.normalize("NFD", text)) == words
    assert words_of(" ".join(words)) == words
