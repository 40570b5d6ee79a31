"""What is cut out of a picture: the box, with so many pixels of the network's image around it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from fsim.errors import FsimError
from fsim.images.boxes import cut_by
from fsim.images.decode import decode
from fsim.interfaces import Catalog


def catalog(*boxes: object) -> Catalog:
    return Catalog.of({"image": [f"{row}.jpg" for row in range(len(boxes))], "box": boxes}, Path())


def test_the_padding_is_counted_in_the_networks_image() -> None:
    picture = np.zeros((200, 300, 3), np.uint8)
    picture[50:150, 100:200] = 255  # the box
    for padding in (4, 8, 16):
        (box,) = cut_by(catalog((100, 50, 200, 150)), "crop", padding, 64).frame["box"]
        seen = decode(picture, size=64, box=box)[..., 0]
        rows, columns = np.flatnonzero(seen.max(1) > 127), np.flatnonzero(seen.max(0) > 127)
        for found in (rows, columns):
            assert abs(found[0] - padding) <= 1 and abs(63 - found[-1] - padding) <= 1


def test_a_picture_without_a_box_stays_whole() -> None:
    assert cut_by(catalog(None, (1, 2, 3, 4)), "crop", 8, 64).frame["box"][0] is None
    assert cut_by(catalog(None, (1, 2, 3, 4)), "ignore", 8, 64).frame["box"].tolist() == [None, None]
    kept = catalog((1, 2, 3, 4))
    assert cut_by(kept, "crop", 0, 64) is kept


def test_too_much_padding_is_told() -> None:
    with pytest.raises(FsimError, match="leaves nothing"):
        cut_by(catalog((1, 2, 3, 4)), "crop", 32, 64)
