from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

import pytest

from fsim_plugins.garments.caption import PAIRS, caption
from fsim_plugins.garments.categories import CATEGORIES, MATERIALS, STYLE_MATERIALS, UNMARKED
from fsim_plugins.garments.palette import COLOURS
from fsim_plugins.garments.patterns import PATTERN_TILES
from fsim_plugins.garments.phrasing import captions, nouns, spellings
from fsim_plugins.garments.wardrobe import Item, draw_item, listed_attributes
from fsim_plugins.garments.wordings import MATERIALS as MATERIAL_WORDS
from fsim_plugins.garments.wordings import NOUNS, PATTERNS, SPELLINGS, WORDINGS

ITEMS = 420


def phrases(item: Item, view: int = 0, number: int = 4) -> list[str]:
    return captions(item.category, listed_attributes(item), f"{item.seed}/{item.index}/{view}", number)


def all_phrases() -> Iterator[tuple[Item, str]]:
    """Of many items, all captions but the full sentence."""
    for index in range(ITEMS):
        item = draw_item(5, index)
        for text in phrases(item, number=10)[1:]:
            yield item, text


def says(text: str, words: str) -> bool:
    return re.search(rf"(?<![\w-]){re.escape(words)}(?![\w-])", text) is not None


def test_every_caption_names_the_colour_and_the_category_or_style() -> None:
    for item, text in all_phrases():
        assert any(says(text, noun) for noun in nouns(item.category, item.attributes)), text
        assert any(says(text, colour) for colour in spellings(item.attributes["colour"])), text


def test_no_other_colour_or_noun_is_named() -> None:
    for item, text in all_phrases():
        listed = listed_attributes(item)
        colours = [listed[name] for name in ("colour", "second_colour") if name in listed]
        true = [*nouns(item.category, listed), *(name for colour in colours for name in spellings(colour))]
        left = re.sub(rf"\b({'|'.join(sorted(true, key=len, reverse=True))})\b", "", text)
        others = {
            *(name for colour in COLOURS for name in spellings(colour)),
            *(noun for of in NOUNS.values() for noun in of),
        }
        assert not any(says(left, other) for other in others), text


def test_nothing_is_told_that_is_not_listed() -> None:
    """By the words of all values: those of a value that the item has not are not there, unless others have them too."""
    for item, text in list(all_phrases())[::8]:
        listed = listed_attributes(item)
        own = " / ".join([*nouns(item.category, listed), *_words_of(listed)])
        for name, values in WORDINGS.items():
            for value in values:
                for words in (words for way in WORDINGS[name][value] for words in way):
                    bare = re.sub("^an? ", "", words)
                    assert not says(text, bare) or says(own, bare), (text, words)
        for pattern, (adjectives, figures) in PATTERNS.items():
            told = any(says(text, words) for words in (*adjectives, *figures))
            assert not told or listed["pattern"] == pattern or any(says(own, word) for word in figures), text
        for material, (adjectives, _) in MATERIAL_WORDS.items():
            told = any(says(text, words) for words in adjectives)
            assert not told or listed["material"] == material or any(says(own, word) for word in adjectives), text


def _words_of(listed: dict[str, str]) -> Iterator[str]:
    for name, value in listed.items():
        for way in WORDINGS.get(name, {}).get(value, ()):
            yield from way


def test_articles_and_pairs() -> None:
    for item, text in all_phrases():
        assert text == text.strip() and "  " not in text and ",," not in text and " ," not in text, text
        for article, word in re.findall(r"\b(an?) ([\w-]+)", text):
            assert (article == "an") == (word[0] in "aeiouA"), text
        if item.category in PAIRS:
            assert text.startswith("a pair of ") or not re.match("an? ", text), text
        else:
            assert "pair of" not in text
        words = text.split()
        assert all(one != other for one, other in pairwise(words)), f"a word twice: {text}"


def test_the_first_is_the_full_sentence_and_more_change_none() -> None:
    for index in range(0, ITEMS, 7):
        item = draw_item(5, index)
        many = phrases(item, number=20)
        assert many[0] == caption(item.category, listed_attributes(item))
        assert len(set(many)) == 20, "all different"
        for number in (1, 2, 4, 19):
            assert phrases(item, number=number) == many[:number]


def test_lengths_take_turns() -> None:
    lengths = [[len(text.split()) for text in phrases(draw_item(5, index))[1:]] for index in range(ITEMS)]
    short, medium, long = (sum(length) / ITEMS for length in zip(*lengths, strict=True))
    assert short < medium - 2 < long - 4


def test_views_and_seeds_are_told_otherwise() -> None:
    item = draw_item(5, 3)
    views = [tuple(phrases(item, view)[1:]) for view in range(6)]
    assert len(set(views)) == 6
    texts = {text for view in views for text in view}
    assert len(texts) > 12


def test_synonyms_are_used() -> None:
    texts = [text for _, text in all_phrases()]
    for words in (*NOUNS.values(), *SPELLINGS.values()):
        assert all(any(says(text, one) for text in texts) for one in words), words


@pytest.mark.parametrize("category", CATEGORIES)
def test_there_are_words_for_every_value(category: str) -> None:
    for name, values in CATEGORIES[category].items():
        for value in set(values) - set(UNMARKED):
            assert NOUNS[value] if name == "style" else any(WORDINGS[name][value])
    assert all(material in MATERIAL_WORDS for material in (*MATERIALS[category], *STYLE_MATERIALS.values()))
    assert {*PATTERN_TILES} - {"plain"} == {*PATTERNS}
