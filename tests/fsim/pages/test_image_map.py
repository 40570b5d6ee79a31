from __future__ import annotations

import base64
import io

import numpy as np
from PIL import Image

from fsim.pages.image_map import ROOMY, SMALL, image_map


def test_every_image_has_its_place_and_its_picture() -> None:
    number, size = 5, 16
    shades = np.linspace(0, 250, number).astype(np.uint8)
    thumbnails = np.broadcast_to(shades[:, None, None, None], (number, size, size, 3))
    plane = np.array([[0, 0], [4, 0], [0, 2], [4, 2], [2, 1]], np.float32)
    found = image_map(plane, list("abcde"), ["hat", "hat", "skirt", "", "skirt"], thumbnails)
    places = np.array([(x, y) for x, y, _, _ in found.points])
    assert places.min() >= 0 and places.max() <= 1 and places[0, 1] > places[2, 1], "the second axis goes up"
    assert [found.groups[group].label for _, _, group, _ in found.points] == ["hat", "hat", "skirt", "unknown", "skirt"]
    sheet = np.asarray(Image.open(io.BytesIO(base64.b64decode(found.sprite.partition(",")[2]))))
    for place, shade in enumerate(shades):
        line, column = divmod(place, found.columns)
        cell = sheet[line * size : (line + 1) * size, column * size : (column + 1) * size]
        assert abs(int(cell.mean()) - int(shade)) < 12


def test_many_images_are_small_and_one_point_is_a_map() -> None:
    many = ROOMY + 1
    thumbnails = np.zeros((many, 64, 64, 3), np.uint8)
    assert image_map(np.zeros((many, 2), np.float32), [""] * many, [""] * many, thumbnails).size == SMALL
    (point,) = image_map(np.ones((1, 2), np.float32), ["a"], ["hat"], thumbnails[:1]).points
    assert point[:2] == (0.5, 0.5)
