from __future__ import annotations

import numpy as np
import pytest

from fsim.pages.image_map import COLOURS, MOST, PALE, category_marks
from fsim.pages.map_picture import PANEL, map_picture, one_in_each_cell


def test_each_category_has_a_mark_of_its_own() -> None:
    names = [f"category {number:02}" for number in range(MOST)]
    marks = category_marks(names)
    assert list(marks) == names
    assert len({(mark.colour, mark.shape) for mark in marks.values()}) == MOST
    assert {mark.colour for mark in marks.values()} == set(COLOURS)


def test_of_too_many_categories_the_smallest_share_a_mark() -> None:
    names = [f"{number:02}" for number in range(MOST + 3)]
    marks = category_marks([*names, *names[3:], ""])
    assert {name for name in names if marks[name].colour == PALE} == {"00", "01", "02"}
    assert marks["00"] is marks["02"]
    assert (marks["00"].label, marks["00"].count) == ("3 smaller categories", 3)
    assert (marks[""].label, marks[""].count) == ("unknown", 1)


def test_each_cell_has_the_image_nearest_to_its_middle() -> None:
    places = np.array([[1.0, 1.0], [24.0, 26.0], [60.0, 10.0], [25.0, 20.0]])
    assert sorted(one_in_each_cell(places, side=50)) == [(1, 0, 0), (2, 1, 0)]


@pytest.mark.parametrize("num_images", [1, 2, 40])
@pytest.mark.parametrize("points", ["spread", "tall", "wide", "one"])
def test_every_map_is_drawn_and_no_thumbnail_is_cut(num_images: int, points: str) -> None:
    rng = np.random.default_rng(0)
    plane = rng.normal(size=(num_images, 2)).astype(np.float32)
    plane *= {"spread": (1, 1), "tall": (1e-3, 1), "wide": (1, 1e-3), "one": (0, 0)}[points]
    thumbnails = np.full((num_images, 8, 8, 3), 7, np.uint8)
    picture = map_picture(plane, ["hat"] * num_images, thumbnails, "title")
    pixels = np.asarray(picture)
    shown = int((pixels == 7).all(2).sum())
    side = PANEL // int(np.clip(2 * num_images**0.5, 14, 24))
    inner = (side - 2 - 2 * max(2, side // 20)) ** 2
    assert shown >= inner
    assert shown % inner == 0, "thumbnails overlap, or leave the panel"
