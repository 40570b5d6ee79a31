from __future__ import annotations

from typing import Any

import torch

from fsim.functional.text.vocabulary import PADDING
from fsim.interfaces import TextEncoder
from fsim.testing.text_encoder_contract import CAPTIONS, VOCABULARY, TextEncoderContract
from fsim_plugins.text_encoders.bag_of_words import BagOfWords


class TestContract(TextEncoderContract):
    def make(self, **injected: Any) -> TextEncoder:
        return BagOfWords(**injected, word_dim=6)


def features(encoder: BagOfWords, *captions: str) -> torch.Tensor:
    return encoder(torch.from_numpy(encoder.tokens(captions)))


def test_equals_a_double_loop() -> None:
    encoder = BagOfWords(VOCABULARY, 6)
    captions = [*CAPTIONS, "a dress of gold", ""]
    for caption, found in zip(captions, features(encoder, *captions), strict=True):
        total, words = torch.zeros(6), [w for w in caption.split() if w in VOCABULARY.words]
        for word in words:
            total += encoder.words.table.weight[1 + VOCABULARY.words.index(word)]
        torch.testing.assert_close(found, total / max(len(words), 1))


def test_order_does_not_matter_and_number_does() -> None:
    one, same, other = features(BagOfWords(VOCABULARY), "red dress", "dress red", "red red dress")
    torch.testing.assert_close(one, same)
    assert not torch.allclose(one, other)


def test_padding_stays_zero() -> None:
    encoder = BagOfWords(VOCABULARY, 6)
    table = encoder.words.table.weight
    assert (table[PADDING] == 0).all()
    assert (table[1:].abs().sum(1) > 0).all()
    assert table.abs().max() <= 0.1
    descent = torch.optim.AdamW(encoder.parameters(), lr=0.1)
    features(encoder, "a dress of gold", "", "red").sum().backward()
    descent.step()
    assert (table[PADDING] == 0).all()
    assert (table[1 + VOCABULARY.words.index("red")] != 0).all()
