from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from fsim.interfaces import TextEncoder
from fsim.testing.text_encoder_contract import CAPTIONS, VOCABULARY, TextEncoderContract
from fsim_plugins.text_encoders.recurrent import Recurrent, gru, lstm


class TestGru(TextEncoderContract):
    def make(self, **injected: Any) -> TextEncoder:
        return gru(**injected, word_dim=6, hidden_dim=9)


class TestLstm(TextEncoderContract):
    def make(self, **injected: Any) -> TextEncoder:
        return lstm(**injected, word_dim=6, hidden_dim=9)


def step_by_step(reader: nn.GRU | nn.LSTM, vectors: Tensor) -> Tensor:
    """The state after the vectors [L, W] of one caption, by the formulas of the papers."""
    state, cell = torch.zeros(9), torch.zeros(9)
    for vector in vectors:
        of_input = reader.weight_ih_l0 @ vector + reader.bias_ih_l0
        of_state = reader.weight_hh_l0 @ state + reader.bias_hh_l0
        if isinstance(reader, nn.GRU):
            reset, update = (of_input[:18] + of_state[:18]).sigmoid().split(9)
            new = (of_input[18:] + reset * of_state[18:]).tanh()
            state = (1 - update) * new + update * state
        else:
            entry, forget, new, output = (of_input + of_state).split(9)
            cell = forget.sigmoid() * cell + entry.sigmoid() * new.tanh()
            state = output.sigmoid() * cell.tanh()
    return state


@pytest.mark.parametrize("kind", [gru, lstm])
def test_equals_reading_word_by_word(kind: Callable[..., Recurrent]) -> None:
    encoder = kind(VOCABULARY, 6, 9)
    captions = [*CAPTIONS, "red dress a", "unheard of", ""]
    found = encoder(torch.from_numpy(encoder.tokens(captions)))
    for caption, of_caption in zip(captions, found, strict=True):
        (tokens,) = torch.from_numpy(encoder.tokens([caption]))
        torch.testing.assert_close(of_caption, step_by_step(encoder.reader, encoder.words(tokens[tokens > 0])))
