"""The size is that of the upright picture, whatever the file's orientation; what is no picture has none."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from fsim.images.decode import decode
from fsim.kit.picture_files import image_size


class WholeSize:
    """A `fsim.images.decode.Use`: the size that the decoder sees."""

    def least_decoded(self, height: int, width: int) -> tuple[int, int]:
        return height, width

    def cut(self, pixels: npt.NDArray[np.uint8], height: int, width: int) -> tuple[int, int]:
        return width, height


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("suffix", ["jpg", "png"])
def test_it_is_what_the_decoder_sees(orientation: int, suffix: str, tmp_path: Path) -> None:
    file = tmp_path / f"a.{suffix}"
    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.new("RGB", (30, 50)).save(file, exif=exif)
    assert image_size(file) == decode(file.read_bytes(), WholeSize())


def test_what_is_no_picture_has_none(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"\xff\xd8\xff")
    assert image_size(tmp_path / "a.jpg") is None
    assert image_size(tmp_path / "none.jpg") is None
    assert image_size(tmp_path) is None
