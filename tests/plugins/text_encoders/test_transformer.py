from __future__ import annotations

from typing import Any

import pytest
import torch

from fsim.errors import FsimError
from fsim.interfaces import TextEncoder
from fsim.testing.text_encoder_contract import CAPTIONS, VOCABULARY, TextEncoderContract
from fsim_plugins.text_encoders.transformer import Transformer


class TestContract(TextEncoderContract):
    def make(self, **injected: Any) -> TextEncoder:
        return Transformer(**injected, dim=8, heads=2)


def test_equals_each_caption_by_itself() -> None:
    encoder = Transformer(VOCABULARY, dim=8, layers=2, heads=2).eval()
    captions = [*CAPTIONS, ""]
    found = encoder(torch.from_numpy(encoder.tokens(captions)))
    for caption, of_caption in zip(captions, found, strict=True):
        rows = [1 + VOCABULARY.words.index(word) for word in caption.split()]
        words = torch.cat([torch.zeros(1, 8), encoder.words.table.weight[rows]])
        state = words + encoder.positions[: len(words)]
        for layer in encoder.layers:
            seen = layer.norm1(state)
            queries, keys, values = (
                seen @ weight.T + bias
                for weight, bias in zip(
                    layer.self_attn.in_proj_weight.split(8), layer.self_attn.in_proj_bias.split(8), strict=True
                )
            )
            heads = []
            for head in (slice(0, 4), slice(4, 8)):
                share = (queries[:, head] @ keys[:, head].T / 2).softmax(1)
                heads.append(share @ values[:, head])
            state = state + layer.self_attn.out_proj(torch.cat(heads, 1))
            state = state + layer.linear2(torch.nn.functional.gelu(layer.linear1(layer.norm2(state))))
        torch.testing.assert_close(of_caption, encoder.norm(state).mean(0), rtol=1e-4, atol=1e-5)


def test_order_matters() -> None:
    encoder = Transformer(VOCABULARY, dim=8, heads=2).eval()
    one, other = encoder(torch.from_numpy(encoder.tokens(["red dress", "dress red"])))
    assert not torch.allclose(one, other, atol=1e-4)


def test_drops_in_training_only() -> None:
    encoder = Transformer(VOCABULARY, dim=8, heads=2, dropout=0.5)
    tokens = torch.from_numpy(encoder.tokens(CAPTIONS))
    assert not torch.equal(encoder(tokens), encoder(tokens))
    encoder.eval()
    assert torch.equal(encoder(tokens), encoder(tokens))


def test_dim_and_heads_that_do_not_fit_say_what_to_do() -> None:
    with pytest.raises(FsimError, match="take dim 12, or other heads"):
        Transformer(VOCABULARY, dim=10, heads=4)
