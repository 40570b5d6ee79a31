"""A picture that a client sent: rejected before it can cost much memory or time, then prepared for the network."""

from __future__ import annotations

import hashlib
import io
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PIL import Image, UnidentifiedImageError

from fsim.images.resize import Box, DamagedImageError
from fsim.runtime.machine import return_freed_memory
from fsim.search.query_embedder import QueryEmbedder
from fsim.serving.limits import Limits
from fsim.serving.request_error import RequestError

if TYPE_CHECKING:
    from fsim.images.resample import Pixels

FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP")
SCANS = 100  # of a progressive JPEG: each scan goes over the whole picture
LARGE = 2_000_000  # pixels, from which on one picture is decoded at a time
_one_large_at_a_time = ThreadPoolExecutor(1, "large")


@dataclass(frozen=True)
class Upload:
    """The bytes of a picture, and the part of it to look at, in pixels of the upright picture."""

    data: bytes
    box: Box | None

    @property
    def name(self) -> str:
        """A hash of the bytes."""
        return hashlib.sha256(self.data).hexdigest()[:16]

    def pixels(self, embedder: QueryEmbedder, limits: Limits) -> Pixels:
        """Return [S, S, 3], as the embedder's network takes it. Several threads may call it.

        Raises:
            RequestError: it is no picture, too large a one or a damaged one, or the box holds nothing of it.
        """
        num_pixels = check_picture(self.data, limits)
        try:
            if num_pixels < LARGE:
                return embedder.prepare(self.data, self.box)
            return _one_large_at_a_time.submit(_prepare_large, embedder, self).result()
        except DamagedImageError as error:
            raise RequestError(422, f"the picture can't be used: {error}") from None


def _prepare_large(embedder: QueryEmbedder, upload: Upload) -> Pixels:
    try:
        return embedder.prepare(upload.data, upload.box)
    finally:
        return_freed_memory()


def check_picture(data: bytes, limits: Limits) -> int:
    """Return the number of pixels that a picture's header says.

    Raises:
        RequestError: it is no picture of a format that is accepted, or too large a one.
    """
    if not data:
        raise RequestError(422, "the picture is empty: send the bytes of a file")
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as image:
            num_pixels = image.width * image.height
            decoded_whole = image.format not in ("JPEG", "MPO") or image.mode == "CMYK"
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise _too_large(limits.megapixels) from None
    except UnidentifiedImageError:
        raise RequestError(415, "this is no picture that is known here: send a JPEG, PNG, WebP, GIF or BMP") from None
    except Exception:  # each format fails in its own ways on bytes that it didn't expect
        raise RequestError(422, "the picture is damaged: send another") from None
    megapixels = limits.megapixels / 3 if decoded_whole else limits.megapixels
    if num_pixels > megapixels * 1e6:
        raise _too_large(megapixels)
    if data.startswith(b"\xff\xd8") and data.count(b"\xff\xda") > SCANS:
        raise RequestError(422, f"the picture is a JPEG of more than {SCANS} scans: store it again")
    return num_pixels


def _too_large(megapixels: float) -> RequestError:
    return RequestError(413, f"the picture has more than {megapixels:.3g} megapixels: send a smaller one")
