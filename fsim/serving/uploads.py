"""A picture that a client sent: refused before it can cost much memory or time, then made what the network takes."""

from __future__ import annotations

import hashlib
import io
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PIL import Image, UnidentifiedImageError

from fsim.images.resize import Box, DamagedImageError
from fsim.runtime.machine import return_freed_memory
from fsim.search.embedder import Embedder
from fsim.search.picture import Picture
from fsim.serving.limits import Limits
from fsim.serving.refused import RefusedError

if TYPE_CHECKING:
    from fsim.images.resize import Pixels

FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP")
SCANS = 100  # of a progressive JPEG: each goes over the whole picture
LARGE = 2_000_000  # pixels, from which on one is decoded at a time
_large = ThreadPoolExecutor(1, "large")


@dataclass(frozen=True)
class Upload:
    """The bytes of a file, the part of the upright picture to look at, and a name for both that says nothing of what
    they show."""

    data: bytes
    box: Box | None

    @property
    def name(self) -> str:
        return hashlib.sha256(self.data).hexdigest()[:16]

    def pixels(self, embedder: Embedder, limits: Limits) -> Pixels:
        """[S, S, 3], as the embedder's network takes it. Several threads may call it.

        Raises:
            RefusedError: it is no picture, too large a one or a damaged one, or the box holds nothing of it.
        """
        size = _checked(self.data, limits)
        try:
            picture = Picture(self.data, self.box)
            return (
                embedder.pixels(picture)
                if size < LARGE
                else _large.submit(_pixels_of_large, embedder, picture).result()
            )
        except DamagedImageError as error:
            raise RefusedError(422, f"the picture can't be used: {error}") from None


def _pixels_of_large(embedder: Embedder, picture: Picture) -> Pixels:
    try:
        return embedder.pixels(picture)
    finally:
        return_freed_memory()


def _checked(data: bytes, limits: Limits) -> int:
    """Its pixels.

    Raises:
        RefusedError: its header says that it is no picture of a kind that is taken, or too large a one.
    """
    if not data:
        raise RefusedError(422, "the picture is empty: send the bytes of a file")
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as image:
            size, whole = image.width * image.height, image.format not in ("JPEG", "MPO") or image.mode == "CMYK"
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise _too_large(limits.megapixels) from None
    except UnidentifiedImageError:
        raise RefusedError(415, "this is no picture that is known here: send a JPEG, PNG, WebP, GIF or BMP") from None
    except Exception:  # each format fails in its own ways on bytes that it didn't expect
        raise RefusedError(422, "the picture is damaged: send another") from None
    most = limits.megapixels / 3 if whole else limits.megapixels
    if size > most * 1e6:
        raise _too_large(most)
    if data.startswith(b"\xff\xd8") and data.count(b"\xff\xda") > SCANS:
        raise RefusedError(422, f"the picture is a JPEG of more than {SCANS} scans: store it again")
    return size


def _too_large(megapixels: float) -> RefusedError:
    return RefusedError(413, f"the picture has more than {megapixels:.3g} megapixels: send a smaller one")
