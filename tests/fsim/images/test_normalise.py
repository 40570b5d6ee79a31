"""Pixels made the network's input."""

from __future__ import annotations

import pickle

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from fsim.errors import FsimError
from fsim.images.normalise import Normalise

MEAN, STD = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]


@settings(max_examples=40, deadline=None)
@given(
    batch=st.integers(0, 4),
    height=st.integers(1, 20),
    width=st.integers(2, 20),
    as_float=st.booleans(),
    channels_last=st.booleans(),
    to_channels_last=st.booleans(),
)
def test_is_the_formula_for_each_channel(
    batch: int, height: int, width: int, as_float: bool, channels_last: bool, to_channels_last: bool
) -> None:
    images = torch.randint(0, 256, (batch, 3, height, width), dtype=torch.uint8)
    if channels_last:
        images = images.contiguous(memory_format=torch.channels_last)
    before = images.clone()
    given_images = images.float() if as_float else images
    result = Normalise(MEAN, STD, to_channels_last)(given_images)
    expected = (images.double() / 255 - torch.tensor(MEAN).view(3, 1, 1)) / torch.tensor(STD).view(3, 1, 1)
    assert result.dtype == torch.float32
    assert (result.permute(0, 2, 3, 1) if to_channels_last else result).is_contiguous()
    torch.testing.assert_close(result.double(), expected, atol=1e-5, rtol=1e-5)
    assert torch.equal(images, before)
    assert torch.equal(given_images, before.to(given_images.dtype))


def test_one_normalise_for_several_sizes_and_pickled() -> None:
    normalise = Normalise((0.5, 0.5, 0.5), (0.5, 0.5, 0.5))
    for size in (8, 12, 8):
        images = torch.full((2, 3, size, size), 255, dtype=torch.uint8)
        for each in (normalise, pickle.loads(pickle.dumps(normalise))):
            torch.testing.assert_close(each(images), torch.ones(2, 3, size, size))


@pytest.mark.parametrize(("mean", "std"), [([0.5], [0.5] * 3), ([0.5] * 3, [0.5] * 2), ([0.5] * 3, [0.5, 0.0, 0.5])])
def test_unfit_numbers_are_refused(mean: list[float], std: list[float]) -> None:
    with pytest.raises(FsimError, match="give three numbers each, std above 0"):
        Normalise(mean, std)
