from __future__ import annotations

import io
import struct
import zlib
from typing import Any

import pytest
from PIL import Image

from fsim.serving.limits import Limits
from fsim.serving.request_error import RequestError
from fsim.serving.uploads import SCANS, check_picture

LIMITS = Limits(megapixels=1)


def stored(size: tuple[int, int], kind: str, mode: str = "RGB", **how: Any) -> bytes:
    stream = io.BytesIO()
    Image.new(mode, size).save(stream, kind, **how)
    return stream.getvalue()


def claiming(width: int, height: int) -> bytes:
    """A PNG of a few bytes that says it is large."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "BMP"])
def test_usual_pictures_are_taken(kind: str) -> None:
    assert check_picture(stored((30, 20), kind), LIMITS) == 600


REFUSED = {
    "nothing": (b"", 422, "empty"),
    "text": (b"<html>", 415, "no picture"),
    "postscript": (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n", 415, "no picture"),
    "tiff": (stored((30, 20), "TIFF"), 415, "no picture"),
    "a bomb": (claiming(60_000, 60_000), 413, "megapixels"),
    "more than Pillow warns of": (claiming(10_000, 10_000), 413, "megapixels"),
    "a JPEG above the limit": (stored((1001, 1000), "JPEG"), 413, "more than 1 megapixels"),
    "a PNG above a third of it": (stored((700, 600), "PNG"), 413, "more than 0.333 megapixels"),
    "a CMYK JPEG above a third": (stored((700, 600), "JPEG", "CMYK"), 413, "more than 0.333 megapixels"),
    "many scans": (stored((30, 20), "JPEG", progressive=True) + b"\xff\xda" * SCANS, 422, "scans"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_would_cost_much_is_refused_by_its_header(what: str) -> None:
    data, status, message = REFUSED[what]
    with pytest.raises(RequestError, match=message) as refused:
        check_picture(data, LIMITS)
    assert refused.value.status == status


def test_a_jpeg_may_be_as_large_as_the_limit() -> None:
    assert check_picture(stored((1000, 1000), "JPEG"), LIMITS) == 1_000_000
