"""Find the pictures below a folder."""

from __future__ import annotations

import os
import warnings
from pathlib import Path

from PIL import Image

SUFFIXES = {".jpg", ".jpeg", ".png", ".webp", ".bmp", ".gif", ".tif", ".tiff"}
_ORIENTATION = 0x0112
_TRANSPOSED = range(5, 9)  # EXIF orientations in which the upright image's width is the stored one's height


def picture_files(root: Path, folder: Path) -> list[str]:
    """Return paths below `folder`, relative to `root`, with forward slashes, hidden ones left out, in a stable
    order."""
    files: list[str] = []
    seen: set[str] = set()
    for where, folders, names in os.walk(folder, followlinks=True):
        real = os.path.realpath(where)
        if real in seen:  # a link that leads back
            folders.clear()
            continue
        seen.add(real)
        folders[:] = [name for name in folders if not name.startswith(".")]
        files += [
            (Path(where) / name).relative_to(root).as_posix()
            for name in names
            if not name.startswith(".") and Path(name).suffix.lower() in SUFFIXES
        ]
    return sorted(files)


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
