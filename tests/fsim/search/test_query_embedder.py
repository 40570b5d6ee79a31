from __future__ import annotations

import numpy as np
import pytest
import torch

from fsim.errors import FsimError
from fsim.functional.text.vocabulary import Vocabulary
from fsim.model.text_tower import LinearTextHead, TextTower
from fsim.search.query_embedder import TextEmbedder
from fsim_plugins.text_encoders.bag_of_words import BagOfWords

WORDS = Vocabulary(("a", "dress", "red", "striped"))


def embedder(vocabulary: Vocabulary | None = WORDS) -> TextEmbedder:
    torch.manual_seed(0)
    return TextEmbedder(TextTower(BagOfWords(WORDS, 3), LinearTextHead(3, 2), vocabulary))


def test_unknown_words_are_told_and_left_out() -> None:
    of = embedder()
    assert of.unknown_words("A red zorbly DRESS, zorbly!") == ["zorbly"]
    assert of.unknown_words("red dress") == []
    found = of.embed(["A red zorbly DRESS, zorbly!", "striped"])
    np.testing.assert_array_equal(found[:1], of.tower.embed(["a red dress"]).numpy())
    np.testing.assert_array_equal(found[1:], of.tower.embed(["striped"]).numpy())


@pytest.mark.parametrize("text", ["zorbly quux", "!?", "платье"])
def test_a_text_without_a_known_word_is_refused_with_some(text: str) -> None:
    with pytest.raises(FsimError, match=r"none of these words is among the 4 .* such as striped, dress, red, a"):
        embedder().unknown_words(text)


def test_an_encoder_with_words_of_its_own_knows_all() -> None:
    of = embedder(None)
    assert of.unknown_words("zorbly") == []
    np.testing.assert_array_equal(of.embed(["red zorbly"]), of.tower.embed(["red zorbly"]).numpy())
