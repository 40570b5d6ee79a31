from __future__ import annotations

from collections import Counter

import numpy as np
import torch

from fsim.functional.text.vocabulary import Vocabulary
from fsim.model.text_tower import TextTower
from fsim.training.training_captions import TrainingCaptions

CAPTIONS = [["a red dress", "red dress"], [], ["a blue shirt with long sleeves"], ["hat", "a hat", "one hat"]]


class Words(torch.nn.Module):
    def __init__(self, vocabulary: Vocabulary) -> None:
        super().__init__()
        self.tokens = vocabulary.tokens


def made() -> tuple[TrainingCaptions, Vocabulary]:
    vocabulary = Vocabulary.of((text for texts in CAPTIONS for text in texts), 1, 100, 10)
    return TrainingCaptions(CAPTIONS, TextTower(Words(vocabulary), torch.nn.Identity(), vocabulary)), vocabulary


def said(tokens: torch.Tensor, vocabulary: Vocabulary) -> list[str]:
    return [" ".join(vocabulary.words[number - 1] for number in row if number) for row in tokens.tolist()]


def test_each_image_gets_one_of_its_captions() -> None:
    captions, vocabulary = made()
    rng = np.random.default_rng(0)
    seen: list[Counter[str]] = [Counter() for _ in CAPTIONS]
    for _ in range(300):
        rows = rng.permutation(4)
        tokens, captioned = captions.draw(rows, rng)
        assert captioned.tolist() == [row != 1 for row in rows]
        for row, text in zip(rows, said(tokens, vocabulary), strict=True):
            seen[row][text] += 1
    assert [sorted(one) for one in seen] == [sorted(texts) or [""] for texts in CAPTIONS]
    assert min(seen[3].values()) > 70  # each of the three about as often


def test_tokens_are_as_long_as_the_longest_of_the_batch() -> None:
    captions, _ = made()
    tokens, _ = captions.draw(np.array([0, 3]), np.random.default_rng(0))
    assert tokens.dtype == torch.int64 and tokens.shape[1] <= 3
    tokens, captioned = captions.draw(np.array([1, 1]), np.random.default_rng(0))
    assert tokens.tolist() == [[0], [0]] and not captioned.any()


def test_the_same_generator_draws_the_same_captions() -> None:
    captions, _ = made()
    rows = np.array([3, 0, 2, 3])
    first, again = (captions.draw(rows, np.random.default_rng(4))[0] for _ in range(2))
    assert torch.equal(first, again)
