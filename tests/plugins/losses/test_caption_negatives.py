from __future__ import annotations

import pytest
import torch

from fsim_plugins.losses.caption_negatives import caption_negatives


@pytest.mark.parametrize("seed", range(10))
def test_equals_a_double_loop(seed: int) -> None:
    draw = torch.Generator().manual_seed(seed)
    items = torch.randint(-1, 3, (7,), generator=draw)
    captioned = torch.rand(7, generator=draw) < 0.6
    found = caption_negatives(items, captioned)
    for i in range(7):
        for j in range(7):
            other = i != j and (items[i] != items[j] or items[i] == -1)
            assert found[0, i, j] == (other and captioned[i] and captioned[j])
            assert found[1, i, j] == (other and captioned[i])


def test_an_empty_batch() -> None:
    assert caption_negatives(torch.zeros(0, dtype=torch.int64), torch.zeros(0, dtype=torch.bool)).shape == (2, 0, 0)
