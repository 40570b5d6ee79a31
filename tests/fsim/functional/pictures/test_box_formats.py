"""A box survives each convention, and what cannot be one is told."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsim.functional.pictures.box_formats import Box, BoxFormat, box_from, in_pixels, is_relative

FORMATS: tuple[BoxFormat, ...] = ("xyxy", "xywh", "relative_xyxy", "relative_xywh")
sides = st.integers(2, 5000)


def written_in(box: Box, box_format: BoxFormat, width: int, height: int) -> Box:
    """A box in pixels of a picture of this size, as the four numbers of a format: what `box_from` reads."""
    x1, y1, x2, y2 = box
    if is_relative(box_format):
        x1, y1, x2, y2 = x1 / width, y1 / height, x2 / width, y2 / height
    return (x1, y1, x2 - x1, y2 - y1) if box_format.endswith("xywh") else (x1, y1, x2, y2)


@given(st.data(), sides, sides, st.sampled_from(FORMATS))
def test_a_box_is_read_as_it_was_written(data: st.DataObject, width: int, height: int, box_format: BoxFormat) -> None:
    x1, y1 = data.draw(st.floats(0, width - 2)), data.draw(st.floats(0, height - 2))
    x2, y2 = data.draw(st.floats(x1 + 1.1, width)), data.draw(st.floats(y1 + 1.1, height))
    read = box_from(written_in((x1, y1, x2, y2), box_format, width, height), box_format)
    if is_relative(box_format):
        read = in_pixels(read, width, height)
    assert read == pytest.approx((x1, y1, x2, y2), abs=1e-6 * max(width, height))


@pytest.mark.parametrize(
    ("numbers", "box_format", "box"),
    [
        ((10, 20, 30, 60), "xyxy", (10, 20, 30, 60)),
        ((10, 20, 30, 60), "xywh", (10, 20, 40, 80)),
        ((0.1, 0.2, 0.3, 0.6), "relative_xyxy", (20, 20, 60, 60)),
        ((0.1, 0.2, 0.3, 0.6), "relative_xywh", (20, 20, 80, 80)),
    ],
)
def test_the_same_numbers_are_four_boxes_of_a_picture_of_200_x_100(
    numbers: tuple[float, ...], box_format: BoxFormat, box: tuple[float, ...]
) -> None:
    read = box_from(numbers, box_format)
    assert (in_pixels(read, 200, 100) if is_relative(box_format) else read) == pytest.approx(box)


@pytest.mark.parametrize(
    ("numbers", "box_format", "words"),
    [
        ((1, 2, 3), "xyxy", "four numbers, x1 y1 x2 y2"),
        ((1, 2, float("nan"), 4), "relative_xywh", "four numbers, x y width height"),
        ((1, 2, float("inf"), 4), "xyxy", "four numbers"),
        ((30, 2, 20, 40), "xyxy", "box_format is xywh"),
        ((3, 20, 30, 20), "xyxy", "y2 above y1"),
        ((3, 2, 0, 4), "xywh", "above 0"),
        ((3, 2, 5, -4), "xywh", "above 0"),
        ((10, 20, 30, 60), "relative_xyxy", "leave out relative_"),
        ((0.5, 0.5, 0.6, 0.2), "relative_xywh", "0 to 1"),
        ((-0.1, 0, 0.5, 0.5), "relative_xyxy", "0 to 1"),
        ((0.1, 0.1, 0.5, 0.5), "xyxy", "less than a pixel"),
        ((0, 0, 1, 1), "xywh", "less than a pixel"),
    ],
)
def test_what_is_no_box_is_told(numbers: tuple[float, ...], box_format: BoxFormat, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        box_from(numbers, box_format)


def test_shares_that_were_rounded_end_with_the_picture() -> None:
    assert in_pixels(box_from((0.25, -0.0004, 0.7504, 1.0002), "relative_xywh"), 200, 100) == (50, 0, 200, 99.98)
