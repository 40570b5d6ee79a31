"""The size of a picture, from the head of its file: nothing is decoded."""

from __future__ import annotations

import warnings
from pathlib import Path

from PIL import Image

_ORIENTATION = 0x0112
_TRANSPOSED = range(5, 9)  # EXIF orientations in which the upright image's width is the stored one's height


def image_size(file: Path) -> tuple[int, int] | None:
    """Return (width, height) of the upright image, in pixels; None for a file that is not there or is no image."""
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", module="PIL")  # of large images and odd metadata: decoding tells
            with Image.open(file) as image:
                turned = image.getexif().get(_ORIENTATION, 1) in _TRANSPOSED
                return (image.height, image.width) if turned else (image.width, image.height)
    except Exception:  # each of Pillow's formats fails in its own ways on bytes that it didn't expect
        return None
