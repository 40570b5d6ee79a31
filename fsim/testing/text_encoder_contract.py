"""What every text encoder must hold, as tests to inherit. For authors of plugins; needs pytest.

    class TestMyEncoder(TextEncoderContract):
        def make(self, **injected: Any) -> TextEncoder:
            return MyEncoder(**injected)

`injected` holds `vocabulary`, the words of `CAPTIONS`; take it or leave it.

Shape legend: B captions, L words of the longest, F features.
"""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from fsim.functional.text.vocabulary import Vocabulary
from fsim.interfaces import TextEncoder
from fsim.plugin.interface_check import complete

CAPTIONS = (
    "a red dress",
    "a blue dress",
    "dress",
    "wide trousers of blue linen with two pockets and a belt",
    "a striped shirt with long sleeves",
)
ODD = {
    "empty": "",
    "blank": " \n",
    "punctuation": "... !?",
    "unknown words": "xylophone quartz",
    "another script": "红色连衣裙 платье ドレス فستان",
    "emoji": "👗👩‍👧 a dress",
    "control characters": "a\x00dress\u200b",
    "half a character": "dress \ud800",
    "brackets": "[PAD] <s> [CLS] <|endoftext|> [MASK]",
    "500 words": "a red dress " * 166 + "and shoes",
}
VOCABULARY = Vocabulary.of(CAPTIONS, min_count=1, max_words=100, max_length=16)


class TextEncoderContract:
    """Inherit it, give `make`, and name the class `Test...`."""

    idle: ClassVar[tuple[str, ...]] = ()  # parts of names of weights that no caption reaches

    def make(self, **injected: Any) -> TextEncoder:
        """A new text encoder."""
        raise NotImplementedError

    def test_has_the_members_of_a_text_encoder(self) -> None:
        encoder: TextEncoder = complete("text_encoder", "under test", self.encoder())
        assert isinstance(encoder, nn.Module)
        assert encoder.out_features >= 1

    def test_tokens_end_in_zeros_and_know_no_neighbours(self) -> None:
        encoder = self.encoder()
        captions = [*CAPTIONS, *ODD.values()]
        tokens = encoder.tokens(captions)
        assert type(tokens) is np.ndarray
        assert tokens.dtype == np.int64
        assert tokens.shape[0] == len(captions)
        assert np.all(tokens >= 0)
        assert tokens[:, -1].any(), "L is that of the longest caption"
        for caption, row in zip(captions, tokens, strict=True):
            length = int((row != 0).sum())
            assert np.all(row[:length] != 0), f"a zero before the end of {caption!r}"
            alone = encoder.tokens([caption])
            assert alone.shape == (1, max(1, length))
            np.testing.assert_array_equal(alone[0], row[: max(1, length)])

    def test_no_captions_have_no_tokens(self) -> None:
        tokens = self.encoder().tokens([])
        assert tokens.dtype == np.int64
        assert tokens.shape[0] == 0
        assert tokens.shape[1] >= 1

    @pytest.mark.parametrize("caption", ODD.values(), ids=ODD.keys())
    def test_any_text_has_finite_features_and_gradients(self, caption: str) -> None:
        encoder = self.encoder()
        for captions in ([caption], [CAPTIONS[0], caption, CAPTIONS[3]]):
            encoder.zero_grad()
            self.features(encoder.train(), captions).square().sum().backward()  # type: ignore[no-untyped-call]
            for name, weights in encoder.named_parameters():
                assert weights.grad is None or weights.grad.isfinite().all(), f"the gradient of {name} is not finite"

    def test_features_do_not_depend_on_what_stands_beside_or_behind(self) -> None:
        encoder = self.encoder().eval()
        captions = [*CAPTIONS, *ODD.values()]
        together = self.features(encoder, captions)
        for row, caption in enumerate(captions):
            alone = encoder.tokens([caption])
            for behind in (0, 1, 40):
                tokens = torch.from_numpy(np.pad(alone, ((0, 0), (0, behind))))
                torch.testing.assert_close(encoder(tokens)[0], together[row], rtol=1e-4, atol=1e-5)

    def test_of_a_long_caption_the_beginning_counts(self) -> None:
        encoder = self.encoder().eval()
        more = ODD["500 words"] + " a shirt"
        assert torch.equal(self.features(encoder, [more]), self.features(encoder, [ODD["500 words"]]))

    def test_different_captions_differ(self) -> None:
        features = self.features(self.encoder().eval(), CAPTIONS)
        apart = torch.cdist(features, features) / features.norm(dim=1).mean()
        assert (apart + torch.eye(len(CAPTIONS))).min() > 1e-3

    def test_every_weight_learns(self) -> None:
        encoder = self.encoder().eval()
        features = self.features(encoder, [*CAPTIONS, ODD["unknown words"], ODD["500 words"]])
        towards = torch.randn(features.shape, generator=torch.Generator().manual_seed(1))
        (features * towards).sum().backward()  # type: ignore[no-untyped-call]
        for name, weights in encoder.named_parameters():
            if not any(part in name for part in self.idle):
                assert weights.grad is not None, f"{name} is not in the graph"
                assert weights.grad.abs().sum() > 0, f"the gradient of {name} is zero"

    def test_weights_come_from_the_global_generator(self) -> None:
        first, second = self.encoder().state_dict(), self.encoder().state_dict()
        for name, tensor in second.items():
            torch.testing.assert_close(first[name], tensor, rtol=0, atol=0)

    def test_its_weights_are_its_state(self) -> None:
        encoder, other = self.encoder().eval(), self.encoder(seed=1).eval()
        with torch.no_grad():
            for weights in encoder.parameters():
                weights += 0.01
        other.load_state_dict(encoder.state_dict())
        assert torch.equal(self.features(other, CAPTIONS), self.features(encoder, CAPTIONS))

    def test_bfloat16_is_near(self) -> None:
        encoder = self.encoder().eval()
        captions = [*CAPTIONS, ODD["empty"]]
        with torch.autocast("cpu", torch.bfloat16):
            low = self.features(encoder, captions).float()
        low.sum().backward()  # type: ignore[no-untyped-call]
        exact = self.features(encoder, captions)
        assert (low - exact).abs().max() <= 0.05 * exact.abs().max()

    def encoder(self, seed: int = 0) -> Any:
        """The text encoder under test."""
        torch.manual_seed(seed)
        return self.make(vocabulary=VOCABULARY)

    def features(self, encoder: Any, captions: Any) -> Tensor:
        """[B] -> [B, F], held against what is promised."""
        features: Tensor = encoder(torch.from_numpy(encoder.tokens(captions)))
        assert features.shape == (len(captions), encoder.out_features)
        assert features.is_floating_point()
        assert features.isfinite().all(), f"features of {captions} are NaN or infinite"
        return features
