"""Decode one image, from the bytes of its file or from an array. Several threads may call it.

JPEG goes through simplejpeg, which decodes at a fraction of the full size and names damage that Pillow passes
over; the rest goes through Pillow, whatever the file is called. Colour profiles are not applied.
"""

from __future__ import annotations

import io
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeVar

import numpy as np
import simplejpeg  # type: ignore[import-untyped]
from PIL import Image, ImageOps, UnidentifiedImageError

from fsim.errors import FsimError
from fsim.images.resize import DamagedImageError

if TYPE_CHECKING:
    from fsim.images.resample import Pixels

DECODER_VERSION = 1  # part of the key of every image cache: raised when the same file gives other pixels
MAX_PIXELS = 178_956_970  # Pillow's own limit: what claims more may be made to exhaust the memory

Result = TypeVar("Result")
Result_co = TypeVar("Result_co", covariant=True)
_JPEG_START = b"\xff\xd8\xff"
_ORIENTATION = 0x0112
_TRANSPOSED = 5  # from this EXIF orientation on, the upright image's rows are the stored one's columns
_registering = threading.Lock()


class Use(Protocol[Result_co]):
    """What is computed from the pixels of an upright image, H x W: a square, a hash, sums."""

    def least_decoded(self, height: int, width: int) -> tuple[int, int]:
        """Return (h, w): how large an image of H x W must be decoded, at least."""
        ...

    def cut(self, pixels: Pixels, height: int, width: int) -> Result_co:
        """Compute it from uint8 [h, w, 3], the whole of an image that was H x W before it was decoded."""
        ...


def read_image(path: Path) -> bytes:
    """Read the bytes of an image file.

    Raises:
        DamagedImageError: there is no such file.
        FsimError: the machine can't read it now.
    """
    try:
        return path.read_bytes()
    except (FileNotFoundError, NotADirectoryError, ValueError):  # ValueError: a name that no file can have
        raise DamagedImageError("no such file") from None
    except IsADirectoryError:
        raise DamagedImageError("a folder, not a file") from None
    except OSError as error:  # says nothing of the image: it may be readable in a minute
        raise FsimError(f"Can't read {path}: {error.strerror}. Fix this, then run the command again.") from error


def decode(source: bytes | Pixels, use: Use[Result]) -> Result:
    """Decode a picture, the bytes of a file, uint8 [H, W] or [H, W, 3], and return what `use` computes from it: from
    upright RGB, clear parts white; of an animation from the first frame.

    Raises:
        DamagedImageError: with the cause.
    """
    if isinstance(source, np.ndarray):
        pixels = source if source.ndim == 3 else np.repeat(source[..., None], 3, axis=2)
        return use.cut(pixels, *pixels.shape[:2])
    if not source:
        raise DamagedImageError("empty file")
    decoded = _decode_jpeg(source, use) if source.startswith(_JPEG_START) else None
    if decoded is not None:
        return decoded
    pixels = _decode_with_pillow(source)
    return use.cut(pixels, *pixels.shape[:2])


def _decode_jpeg(data: bytes, use: Use[Result]) -> Result | None:
    """Decode by simplejpeg; None where Pillow must judge the file."""
    try:
        height, width, colours, _ = simplejpeg.decode_jpeg_header(data)
    except ValueError:
        return None
    if colours in ("CMYK", "YCCK"):  # simplejpeg ignores that Adobe stores these inverted
        return None
    _check_size(height, width)
    orientation = _orientation(data)
    transposed = orientation >= _TRANSPOSED
    upright = (width, height) if transposed else (height, width)
    least = use.least_decoded(*upright)
    least_height, least_width = reversed(least) if transposed else least
    try:
        pixels = simplejpeg.decode_jpeg(data, "RGB", min_height=least_height, min_width=least_width)
    except ValueError as error:
        if "Premature end" in str(error):
            raise DamagedImageError("truncated JPEG") from None
        if "Corrupt JPEG data" in str(error) and "extraneous" not in str(error):
            raise DamagedImageError("corrupt JPEG") from None
        return None
    return use.cut(_upright(pixels, orientation), *upright)


def _orientation(data: bytes) -> int:
    """Read the EXIF orientation of a JPEG, 1 (upright) to 8."""
    if b"Exif\0\0" not in data and b"tiff:Orientation" not in data:
        return 1
    try:
        orientation = Image.open(io.BytesIO(data), formats=["JPEG"]).getexif().get(_ORIENTATION, 1)
    except Exception:  # EXIF that can't be read says nothing of the image, and fails in many ways
        return 1
    return orientation if orientation in range(1, 9) else 1


def _upright(pixels: Pixels, orientation: int) -> Pixels:
    """Undo the EXIF orientation of [h, w, 3]."""
    if orientation >= _TRANSPOSED:
        pixels = pixels.swapaxes(0, 1)
    vertical = -1 if orientation in (3, 4, 7, 8) else 1
    horizontal = -1 if orientation in (2, 3, 6, 7) else 1
    return pixels[::vertical, ::horizontal]


def _decode_with_pillow(data: bytes) -> Pixels:
    """Decode any format but JPEG of the usual kinds -> uint8 [H, W, 3]."""
    with _registering:
        Image.init()  # Image.open registers formats as it meets them: under threads, it may miss one
    kind = "JPEG" if data.startswith(_JPEG_START) else "image"
    try:
        image = Image.open(io.BytesIO(data))
        kind = image.format or kind
        if kind == "EPS":  # Pillow would run Ghostscript on it
            raise DamagedImageError("PostScript, not an image")
        _check_size(image.height, image.width)
        return upright_rgb(image)
    except DamagedImageError:
        raise
    except UnidentifiedImageError:
        raise DamagedImageError("truncated JPEG" if kind == "JPEG" else "not an image") from None
    except Image.DecompressionBombError:
        raise DamagedImageError(_TOO_LARGE) from None
    except Exception as error:  # each of Pillow's formats fails in its own ways on bytes that it didn't expect
        if "truncated" in str(error).lower():
            raise DamagedImageError(f"truncated {kind}") from error
        raise DamagedImageError(f"damaged {kind} ({str(error)[:80] or type(error).__name__})") from error


def upright_rgb(image: Image.Image) -> Pixels:
    """A Pillow image -> uint8 [H, W, 3]: turned as its EXIF orientation says, clear parts white.

    Raises:
        DamagedImageError: its values are no bytes, nor can be made such.
    """
    return np.array(_rgb(ImageOps.exif_transpose(image)))


def _rgb(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I"):  # 16-bit grey; Pillow's own conversion would clip it at 255
        values = np.asarray(image)
        if values.min() < 0 or values.max() > 0xFFFF:
            raise DamagedImageError("values of more than 16 bits")
        image = Image.fromarray((values >> 8).astype(np.uint8))
    elif image.mode == "F":
        raise DamagedImageError("floating-point pixels")
    if image.mode in ("RGBA", "RGBa", "LA", "La", "PA") or "transparency" in image.info:
        white = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(white, image.convert("RGBA"))
    return image if image.mode == "RGB" else image.convert("RGB")


_TOO_LARGE = f"more than {MAX_PIXELS / 1e6:.0f} megapixels"


def _check_size(height: int, width: int) -> None:
    if height * width > MAX_PIXELS:
        raise DamagedImageError(_TOO_LARGE)
