"""How far two networks' outputs are apart."""

from __future__ import annotations

import math

import numpy as np
import pytest

from fsim.export.parity import BATCH_SIZES, compare_outputs, run_in_batches


def test_the_largest_difference_of_each_output() -> None:
    expected = {"embedding": np.array([[1, 0], [0, -2]], np.float32), "logits": np.array([[3], [4]], np.float32)}
    found = {"embedding": np.array([[1, 0], [1, -2]], np.float32), "logits": np.array([[3.5], [4]], np.float32)}
    measured = compare_outputs(expected, found)
    assert measured.max_difference == {"embedding": 1, "logits": 0.5}
    assert measured.largest == {"embedding": 2, "logits": 4}
    assert measured.min_cosine == pytest.approx(2 / math.sqrt(5))
    assert measured.within(1) and not measured.within(0.9)
    assert str(measured).startswith("embedding differs by at most 1.0e+00 of 2 (cosine at least 0.8944272), logits by")


@pytest.mark.parametrize("wrong", [math.nan, math.inf])
def test_what_is_no_number_is_never_within(wrong: float) -> None:
    one = {"embedding": np.ones((2, 2), np.float32)}
    other = {"embedding": np.array([[1, 1], [1, wrong]], np.float32)}
    assert not compare_outputs(one, other).within(1e9) and not compare_outputs(other, one).within(1e9)
    assert not compare_outputs(other, other).within(1e9)


def test_zeros_are_as_near_as_can_be() -> None:
    zeros = {"embedding": np.zeros((1, 3), np.float32)}
    assert compare_outputs(zeros, zeros).min_cosine == 1


@pytest.mark.parametrize("count", [1, 3, 12, 20, 21, 100])
def test_all_images_are_asked_in_all_sizes_of_batches(count: int) -> None:
    sizes = set()

    def model(images: np.ndarray) -> dict[str, np.ndarray]:
        sizes.add(len(images))
        return {"embedding": images[:, 0, 0].astype(np.float32)}

    images = np.arange(count * 3, dtype=np.uint8).reshape(count, 1, 1, 3)
    assert (run_in_batches(model, images)["embedding"] == images[:, 0, 0]).all()
    assert sizes >= set(BATCH_SIZES)
