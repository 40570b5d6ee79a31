from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fsim.functional.text.vocabulary import Vocabulary
from fsim.interfaces import Catalog
from fsim.model.text_tower import LinearTextHead, TextTower
from fsim.search.answers import Wish, search
from fsim.search.indexed_images import NO_IMAGES
from fsim.search.made_index import make_index
from fsim.search.passport import Made, Passport
from fsim.search.reader import Reader
from fsim.search.search_index import SearchIndex
from fsim.serving.comparisons import KEPT, Comparison, Comparisons, Shown
from fsim.serving.facets import facets
from fsim.serving.questions import Question, answer_all
from fsim.serving.refused import RefusedError
from fsim.serving.served import Served
from fsim_plugins.text_encoders.bag_of_words import BagOfWords


class Embedder:
    """Of a network that reads."""

    def __init__(self) -> None:
        words = Vocabulary(("red", "hat"))
        self.reader = Reader(TextTower(BagOfWords(words, 3), LinearTextHead(3, 4), words))


def served(seed: int = 0, number: int = 30) -> Served:
    """An index that is asked by its own images and by words, so that no network for pictures is needed."""
    embedding = np.random.default_rng(seed).standard_normal((number, 4)).astype(np.float32)
    columns: dict[str, Any] = {
        "image": [f"{row}.jpg" for row in range(number)],
        "split": ["val"] * number,
        "category": [("hat", "shoe", "shoe")[row % 3] for row in range(number)],
        "item": [f"item {row // 2}" for row in range(number)],
        "attributes": [{"colour": ["red", "blue"]} if row == 2 else {} for row in range(number)],
    }
    images = NO_IMAGES.with_more(Catalog.of(columns, Path()).frame, [b"jpeg"] * number)
    index = make_index("exact", {})
    index.build(embedding, "cosine")
    passport = Passport(
        Made("r", "a/b", "best", "w", {}, 4, "cosine", "fp32"), "exact", {}, number, "", "", 1.0, 10, "0"
    )
    return Served(str(seed), SearchIndex(Path("x"), passport, images, embedding, index), Embedder())  # type: ignore[arg-type]


def test_questions_together_are_answered_as_each_alone() -> None:
    here, there = served(), served(1)
    wishes = [Wish(3), Wish(5), Wish(3, {"category": ["hat"]}), Wish(4, fold=True), Wish(3, {"colour": ["red"]})]
    questions = [Question(of, wish, row=row) for of in (here, there) for wish in wishes for row in (0, 7, 8)]
    together = answer_all(questions)
    assert together == [answer_all([one])[0] for one in questions]
    for question, found in zip(questions, together, strict=True):
        assert isinstance(found, list) and str(question.row) not in [one["id"] for one in found]
    (expected,) = search(here.index, here.index.embedding[:1], Wish(4))
    assert together[0] == expected[1:]


def test_texts_are_answered_together_and_weighed_against_pictures() -> None:
    here, there = served(), served(1)
    questions = [
        Question(of, Wish(30), row=row, text=text, weight=weight)
        for of in (here, there)
        for row, text, weight in (
            (None, "red", 0.5),
            (4, "hat", 0.5),
            (4, "red hat", 0.8),
            (4, "hat", 0.0),
            (7, None, 0.5),
        )
    ]
    together = answer_all(questions)
    for question, found in zip(questions, together, strict=True):
        embedding, reader = question.served.index.embedding, question.served.embedder.reader
        assert isinstance(found, list) and reader is not None
        pictures = embedding / np.linalg.norm(embedding, axis=1, keepdims=True)
        text = np.zeros(4) if question.text is None else reader.embed([question.text])[0]
        text = text / max(np.linalg.norm(text), 1e-12)
        picture = np.zeros(4) if question.row is None else pictures[question.row]
        expected = pictures @ ((1 - question.weight) * picture + question.weight * text)
        order = [row for row in np.argsort(-expected) if row != question.row]
        assert [one["id"] for one in found] == [str(row) for row in order]


def test_what_no_image_has_together_has_no_answers() -> None:
    wish = Wish(3, {"category": ["hat"], "colour": ["red"]})
    assert answer_all([Question(served(), wish, row=0), Question(served(), Wish(1), row=0)])[0] == []


def test_a_search_that_fails_fails_for_who_asked() -> None:
    broken = served()
    object.__setattr__(broken.index, "embedding", np.full((30, 4), np.nan, np.float32))
    failed, well = answer_all([Question(broken, Wish(3), row=0), Question(served(1), Wish(3), row=0)])
    assert isinstance(failed, Exception) and isinstance(well, list) and len(well) == 3


def test_facets_are_what_tells_images_apart() -> None:
    found = {one["key"]: [(of["value"], of["count"]) for of in one["values"]] for one in facets(served())}
    assert found == {"category": [("shoe", 20), ("hat", 10)], "colour": [("blue", 1), ("red", 1)]}


def test_comparisons_are_blind_kept_for_a_while_and_bounded() -> None:
    kept, one = Comparisons(), served()
    sides = {"left": Shown("a", one, [3, 4]), "right": Shown("b", one, [])}
    tokens = [kept.keep(Comparison(str(at), "", "", 2, sides)) for at in range(KEPT + 1)]
    assert kept.image(tokens[-1], "left", 1) == (one, 4) and len(kept._kept) == KEPT
    for token, side, place in ((tokens[0], "left", 0), (tokens[-1], "left", 2), (tokens[-1], "middle", 0)):
        with pytest.raises(RefusedError):
            kept.image(token, side, place)
    queries = [f"id:{at}" for at in range(200)]
    swapped = [kept.swapped(query) for query in queries]
    assert swapped == [kept.swapped(query) for query in queries] and 50 < sum(swapped) < 150
