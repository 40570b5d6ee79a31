"""What may stand for an image in Python: the path of a file, its bytes, a Pillow image, or an array."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias, Union

import numpy as np
from PIL import Image

from fsim.errors import FsimError
from fsim.images.decode import read_image, upright_rgb
from fsim.images.resize import Box, DamagedImageError

if TYPE_CHECKING:
    import numpy.typing as npt

    from fsim.images.resample import Pixels

_loading = threading.Lock()  # Pillow reads a file when its pixels are first asked for, and two threads may ask at once

ImageSource: TypeAlias = Union[str, Path, bytes, Image.Image, "npt.NDArray[np.uint8]"]


def read_source(image: ImageSource) -> bytes | Pixels:
    """Return the bytes of an image file, or uint8 [H, W] or [H, W, 3], to be prepared.

    Raises:
        DamagedImageError: with the cause.
    """
    if isinstance(image, bytes):
        return image
    if isinstance(image, str | Path):
        return read_image(Path(image).expanduser())
    if isinstance(image, Image.Image):
        try:
            with _loading:
                return upright_rgb(image)
        except OSError as error:
            raise DamagedImageError(f"{error}") from error
    if not isinstance(image, np.ndarray):
        raise DamagedImageError(f"{type(image).__name__} is no path, no Pillow image and no array")
    if image.dtype != np.uint8 or not (image.ndim == 2 or (image.ndim == 3 and image.shape[2] == 3)):
        raise DamagedImageError(f"an array of {image.dtype} {list(image.shape)}, not of uint8 [H, W] or [H, W, 3]")
    if not image.size:
        raise DamagedImageError("an array without a pixel")
    return image


def name_of_source(image: ImageSource) -> str:
    """Return what a person knows an image by: its path, or the type of the object."""
    if isinstance(image, str | Path):
        return str(image)
    return str(getattr(image, "filename", "") or type(image).__name__)


def in_batches(
    images: Iterable[ImageSource], boxes: Iterable[Box | None] | None, batch_size: int
) -> Iterator[list[tuple[int, ImageSource, Box | None]]]:
    """Yield batches of (number, image, box), numbered from 0; no image has a box where `boxes` is None.

    Raises:
        FsimError: there are more boxes than images, or fewer.
    """
    pairs = ((image, None) for image in images) if boxes is None else zip(images, boxes, strict=True)
    numbered = ((number, image, box) for number, (image, box) in enumerate(pairs))
    try:
        while batch := list(islice(numbered, batch_size)):
            yield batch
    except ValueError as error:
        raise FsimError("give as many boxes as images: None for one that counts as a whole") from error
