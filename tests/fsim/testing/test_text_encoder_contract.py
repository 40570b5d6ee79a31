"""The suite for plugin authors finds the mistakes that it is for."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from fsim.functional.text.vocabulary import Vocabulary
from fsim.testing.text_encoder_contract import ODD, TextEncoderContract


class Good(torch.nn.Module):
    """The mean over the words of three sines of their numbers."""

    out_features = 3

    def __init__(self, vocabulary: Vocabulary) -> None:
        super().__init__()
        self.vocabulary = vocabulary
        self.scale = torch.nn.Parameter(torch.randn(3))

    def tokens(self, captions: Any) -> Any:
        return self.vocabulary.tokens(captions)

    def forward(self, tokens: Tensor) -> Tensor:
        return self.scale * self.mean(tokens[..., None] * torch.tensor([1.0, 0.5, 0.1]), tokens != 0)

    def mean(self, vectors: Tensor, there: Tensor) -> Tensor:
        return vectors.sin().sum(1) / there.sum(1, keepdim=True).clamp_min(1)


class NanWithoutWords(Good):
    def mean(self, vectors: Tensor, there: Tensor) -> Tensor:
        return vectors.sin().sum(1) / there.sum(1, keepdim=True)


class CountsPadding(Good):
    def mean(self, vectors: Tensor, there: Tensor) -> Tensor:
        return vectors.sin().mean(1)


class LooksAtNeighbours(Good):
    def mean(self, vectors: Tensor, there: Tensor) -> Tensor:
        return super().mean(vectors, there) + vectors.mean()


class AllTheSame(Good):
    def mean(self, vectors: Tensor, there: Tensor) -> Tensor:
        return 0 * super().mean(vectors, there) + 1


class Narrow(Good):
    def tokens(self, captions: Any) -> Any:
        return super().tokens(captions).astype(np.int32)


class PadsInFront(Good):
    def tokens(self, captions: Any) -> Any:
        return super().tokens(captions)[:, ::-1].copy()


class PadsTooMuch(Good):
    def tokens(self, captions: Any) -> Any:
        return np.pad(super().tokens(captions), ((0, 0), (0, 1)))


class CrashesOnNothing(Good):
    def tokens(self, captions: Any) -> Any:
        return super().tokens(captions)[[row for row, _ in enumerate(captions)] or [0]]


class ReadsTheEnd(Good):
    def tokens(self, captions: Any) -> Any:
        return self.vocabulary.tokens([" ".join(caption.split()[-16:]) for caption in captions])


class UnusedWeights(Good):
    def __init__(self, vocabulary: Vocabulary) -> None:
        super().__init__(vocabulary)
        self.more = torch.nn.Parameter(torch.zeros(2))


class OwnGenerator(Good):
    def __init__(self, vocabulary: Vocabulary) -> None:
        super().__init__(vocabulary)
        torch.nn.init.normal_(self.scale, generator=torch.Generator().manual_seed(np.random.randint(1 << 30)))


class HiddenWeights(Good):
    def __init__(self, vocabulary: Vocabulary) -> None:
        super().__init__(vocabulary)
        self.hidden = torch.randn(3)

    def mean(self, vectors: Tensor, there: Tensor) -> Tensor:
        return super().mean(vectors, there) * self.hidden


class InfiniteGradient(Good):
    def mean(self, vectors: Tensor, there: Tensor) -> Tensor:
        return super().mean(vectors, there) * (self.scale * there.any(1, keepdim=True)).abs().sqrt()


class LowPrecision(Good):
    def mean(self, vectors: Tensor, there: Tensor) -> Tensor:
        if torch.is_autocast_enabled("cpu"):
            vectors = vectors + math.pi / 2
        return super().mean(vectors, there)


def failures(kind: Callable[..., Any]) -> set[str]:
    class Suite(TextEncoderContract):
        def make(self, **injected: Any) -> Any:
            return kind(**injected)

    def any_text(suite: TextEncoderContract) -> None:
        for caption in ODD.values():
            suite.test_any_text_has_finite_features_and_gradients(caption)

    calls: dict[str, Callable[[TextEncoderContract], None]] = {
        "tokens": lambda suite: suite.test_tokens_end_in_zeros_and_know_no_neighbours(),
        "nothing": lambda suite: suite.test_no_captions_have_no_tokens(),
        "any text": any_text,
        "neighbours": lambda suite: suite.test_features_do_not_depend_on_what_stands_beside_or_behind(),
        "long": lambda suite: suite.test_of_a_long_caption_the_beginning_counts(),
        "differ": lambda suite: suite.test_different_captions_differ(),
        "learns": lambda suite: suite.test_every_weight_learns(),
        "seed": lambda suite: suite.test_weights_come_from_the_global_generator(),
        "state": lambda suite: suite.test_its_weights_are_its_state(),
        "bfloat16": lambda suite: suite.test_bfloat16_is_near(),
    }
    failed = set()
    for name, call in calls.items():
        try:
            call(Suite())
        except Exception:
            failed.add(name)
    return failed


def test_a_good_encoder_passes() -> None:
    assert failures(Good) == set()


@pytest.mark.parametrize(
    ("kind", "finds"),
    [
        (NanWithoutWords, "any text"),
        (CountsPadding, "neighbours"),
        (LooksAtNeighbours, "neighbours"),
        (AllTheSame, "differ"),
        (Narrow, "tokens"),
        (PadsInFront, "tokens"),
        (PadsTooMuch, "tokens"),
        (CrashesOnNothing, "nothing"),
        (ReadsTheEnd, "long"),
        (UnusedWeights, "learns"),
        (OwnGenerator, "seed"),
        (HiddenWeights, "state"),
        (InfiniteGradient, "any text"),
        (LowPrecision, "bfloat16"),
    ],
)
def test_a_mistake_is_found(kind: type, finds: str) -> None:
    assert finds in failures(kind)
