"""Every kind of image that a folder of photographs may hold, and what only pretends to be one."""

from __future__ import annotations

import io
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageOps

from fsim.errors import FsimError
from fsim.images.decode import MAX_PIXELS, read_image
from fsim.images.preparation import Preparation
from fsim.images.resize import DamagedImageError

ORIENTATION = 0x0112


def photograph(height: int = 300, width: int = 200) -> Image.Image:
    """Smooth gradients, edges and a little noise: no symmetry, so that a wrong turn shows."""
    y, x = np.mgrid[:height, :width]
    red, green, blue = 255 * x / width, 255 * y / height, 127 + 120 * np.sin(x / 17) * np.cos(y / 23)
    pixels = np.stack([red, green, blue], axis=2)
    pixels[height // 8 : height // 3, width // 8 : width // 2] = (20, 200, 240)
    pixels += np.random.default_rng(0).normal(0, 4, pixels.shape)
    return Image.fromarray(pixels.clip(0, 255).astype(np.uint8))


def encoded(image: Image.Image, kind: str = "JPEG", **options: object) -> bytes:
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def oracle(image: Image.Image, size: int) -> np.ndarray:
    """Decoded in full, and resized by Pillow."""
    return np.asarray(image.convert("RGB").resize((size, size), Image.Resampling.BILINEAR), dtype=float)


def mean_difference(one: np.ndarray, other: np.ndarray) -> float:
    return float(np.abs(one.astype(float) - other).mean())


def cause(data: bytes, **options: object) -> str:
    with pytest.raises(DamagedImageError) as caught:
        Preparation(16, **options).apply(data)
    return str(caught.value)


@pytest.mark.parametrize("size", [8, 32, 64, 96, 150, 400])
def test_jpeg_decoded_small_is_nearly_the_jpeg_decoded_in_full(size: int) -> None:
    data = encoded(photograph(), quality=90)
    full = oracle(Image.open(io.BytesIO(data)), size)
    decoded = Preparation(size).apply(data)
    assert decoded.shape == (size, size, 3)
    assert decoded.dtype == np.uint8
    assert mean_difference(decoded, full) < 2
    assert np.percentile(np.abs(decoded - full), 99) < 12


@pytest.mark.parametrize("options", [{"progressive": True}, {"subsampling": 0}, {"subsampling": 2}, {"keep_rgb": True}])
def test_kinds_of_jpeg(options: dict[str, object]) -> None:
    data = encoded(photograph(), quality=90, **options)
    assert mean_difference(Preparation(48).apply(data), oracle(Image.open(io.BytesIO(data)), 48)) < 1.5


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "BMP", "TIFF", "PPM"])
def test_lossless_formats(kind: str) -> None:
    options = {"lossless": True} if kind == "WEBP" else {}
    decoded = Preparation(48).apply(encoded(photograph(), kind, **options))
    assert np.abs(decoded - oracle(photograph(), 48)).max() <= 1


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF"])
def test_exif_orientation(orientation: int, kind: str) -> None:
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    data = encoded(photograph(), kind, exif=exif)
    stored = Image.open(io.BytesIO(data))
    stored.load()
    assert mean_difference(Preparation(40).apply(data), oracle(ImageOps.exif_transpose(stored), 40)) < 1.5


@pytest.mark.parametrize("exif", [b"Exif\0\0nonsense", b"Exif\0\0II*\0\x08\0\0\0\xff\xff", b"Exif\0\0"])
def test_unreadable_exif_counts_as_upright(exif: bytes) -> None:
    data = encoded(photograph(), quality=90)
    segment = b"\xff\xe1" + (len(exif) + 2).to_bytes(2, "big") + exif
    assert mean_difference(Preparation(40).apply(data[:2] + segment + data[2:]), oracle(photograph(), 40)) < 3


@pytest.mark.parametrize("orientation", [0, 9, 700])
def test_orientation_that_does_not_exist_counts_as_upright(orientation: int) -> None:
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    data = encoded(photograph(), quality=90, exif=exif)
    assert mean_difference(Preparation(40).apply(data), oracle(photograph(), 40)) < 3


def test_box_is_in_pixels_of_the_upright_image() -> None:
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    data = encoded(photograph(300, 200), quality=95, exif=exif)
    upright = ImageOps.exif_transpose(Image.open(io.BytesIO(data)))
    assert upright.size == (300, 200)
    decoded = Preparation(32).apply(data, (100, 20, 280, 150))
    assert mean_difference(decoded, oracle(upright.crop((100, 20, 280, 150)), 32)) < 3


@pytest.mark.parametrize("size", [16, 64])
def test_box_of_a_jpeg_decoded_small(size: int) -> None:
    data = encoded(photograph(600, 400), quality=95)
    box = (37, 101, 391, 555)
    cropped = Image.open(io.BytesIO(data)).crop(box)
    assert mean_difference(Preparation(size).apply(data, box), oracle(cropped, size)) < 3


def test_cmyk_jpeg_is_inverted_as_adobe_does() -> None:
    stored = photograph().convert("CMYK")
    data = encoded(stored, quality=95)
    assert mean_difference(Preparation(48).apply(data), oracle(stored, 48)) < 3


def test_ycck_jpeg() -> None:
    data = bytearray(encoded(photograph().convert("CMYK"), quality=95))
    transform = data.index(b"Adobe") + 11
    assert data[transform] == 0
    data[transform] = 2  # the same numbers, now read as YCCK
    assert mean_difference(Preparation(48).apply(bytes(data)), oracle(Image.open(io.BytesIO(data)), 48)) <= 1


def test_greyscale() -> None:
    grey = photograph().convert("L")
    for data in (encoded(grey, quality=95), encoded(grey, "PNG"), encoded(grey.convert("1"), "PNG")):
        decoded = Preparation(48).apply(data)
        assert mean_difference(decoded, oracle(Image.open(io.BytesIO(data)), 48)) < 1.5
        assert np.ptp(decoded.astype(int), axis=2).max() <= 1


def test_palette() -> None:
    palette = photograph().quantize(64)
    for kind in ("PNG", "GIF"):
        assert np.abs(Preparation(48).apply(encoded(palette, kind)) - oracle(palette, 48)).max() <= 1


@pytest.mark.parametrize("kind", ["PNG", "GIF"])
def test_clear_part_of_a_palette_is_white(kind: str) -> None:
    palette = Image.new("P", (20, 20), 0)
    palette.putpalette([10, 20, 30, 200, 0, 0])
    palette.paste(1, (0, 0, 10, 20))
    decoded = Preparation(20).apply(encoded(palette, kind, transparency=0))
    assert (decoded[:, 10:] == 255).all()
    assert (decoded[:, :10] == (200, 0, 0)).all()


def test_palette_with_several_transparencies() -> None:
    palette = Image.new("P", (20, 20), 0)
    palette.putpalette([0, 0, 0, 0, 0, 0])
    palette.paste(1, (0, 0, 10, 20))
    decoded = Preparation(20).apply(encoded(palette, "PNG", transparency=b"\x00\x80"))
    assert (decoded[:, 10:] == 255).all()
    assert (np.abs(decoded[:, :10].astype(int) - 127) <= 1).all()


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_alpha_over_white(mode: str) -> None:
    image = photograph(40, 40).convert(mode)
    image.putalpha(Image.linear_gradient("L").resize((40, 40)))
    alpha = np.asarray(image.getchannel("A"), dtype=float)[..., None] / 255
    expected = np.asarray(image.convert("RGB" if mode == "RGBA" else "L").convert("RGB")) * alpha + 255 * (1 - alpha)
    assert np.abs(Preparation(40).apply(encoded(image, "PNG")) - expected).max() <= 1


def test_clear_colour_of_rgb_is_white() -> None:
    image = Image.new("RGB", (8, 8), (1, 2, 3))
    assert (Preparation(8).apply(encoded(image, "PNG", transparency=(1, 2, 3))) == 255).all()


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_16_bit_grey(kind: str) -> None:
    values = np.linspace(0, 65535, 32 * 32).astype(np.uint16).reshape(32, 32)
    decoded = Preparation(32).apply(encoded(Image.fromarray(values), kind))
    assert (decoded == (values // 256)[..., None]).all()


def test_values_beyond_16_bits_and_floating_point_are_named() -> None:
    assert cause(encoded(Image.fromarray(np.full((8, 8), 70_000, np.int32)), "TIFF")) == "values of more than 16 bits"
    assert cause(encoded(Image.fromarray(np.ones((8, 8), np.float32)), "TIFF")) == "floating-point pixels"


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG"])
def test_animation_gives_its_first_frame(kind: str) -> None:
    frames = [Image.new("RGB", (16, 16), colour) for colour in ("red", "lime", "blue")]
    options = {"lossless": True} if kind == "WEBP" else {}
    data = encoded(frames[0], kind, save_all=True, append_images=frames[1:], duration=50, **options)
    assert (Preparation(16).apply(data) == (255, 0, 0)).all()


def test_content_counts_and_not_the_name(tmp_path: Path) -> None:
    file = tmp_path / "picture.jpg"
    file.write_bytes(encoded(photograph(), "PNG"))
    assert np.abs(Preparation(24).apply(read_image(file)) - oracle(photograph(), 24)).max() <= 1


def test_what_is_no_image() -> None:
    assert cause(b"") == "empty file"
    assert cause(b"Not Found\n") == "not an image"
    assert cause(bytes(1000)) == "not an image"
    assert cause(b"<html><body>404</body></html>") == "not an image"
    assert cause(b"\xff\xd8\xff") == "truncated JPEG"
    assert cause(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n%%EndComments\n") == "PostScript, not an image"


def test_truncated_jpeg() -> None:
    data = encoded(photograph())
    for length in (4, 100, 700, len(data) // 2, len(data) - 3):
        assert cause(data[:length]) == "truncated JPEG"


def test_truncated_png() -> None:
    data = encoded(photograph(), "PNG")
    for length in (60, len(data) // 2, len(data) - 30):
        assert "PNG" in cause(data[:length])


def test_corrupt_jpeg_is_not_taken_for_a_picture() -> None:
    data = bytearray(encoded(photograph()))
    data[len(data) // 2 : len(data) // 2 + 400 : 3] = bytes(134)
    Image.open(io.BytesIO(data)).load()  # Pillow gives a half grey picture
    assert cause(bytes(data)) == "corrupt JPEG"


def test_bytes_after_the_end_are_no_damage() -> None:
    data = encoded(photograph(), quality=90)
    assert (Preparation(24).apply(data + b"camera maker's notes" * 9) == Preparation(24).apply(data)).all()


def huge_png(width: int, height: int) -> bytes:
    """A one-bit PNG: large in pixels, small in memory."""
    return encoded(Image.new("1", (width, height), 1), "PNG")


def test_image_of_too_many_pixels_is_refused() -> None:
    side = int(MAX_PIXELS**0.5) + 1
    too_large = "more than 179 megapixels"
    assert cause(huge_png(side, side)) == too_large
    data = bytearray(encoded(photograph()))
    frame = data.index(b"\xff\xc0")
    data[frame + 5 : frame + 9] = b"\xff\xff\xff\xff"  # a header that claims 65,535 x 65,535
    assert cause(bytes(data)) == too_large


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
def test_large_images_are_decoded() -> None:
    assert (Preparation(16).apply(huge_png(10_000, 9_000)) == 255).all()
    jpeg = encoded(Image.new("L", (10_000, 5_000), 200), quality=50)
    assert np.abs(Preparation(16).apply(jpeg).astype(int) - 200).max() <= 1


def test_arrays() -> None:
    grey = np.arange(28 * 28, dtype=np.uint8).reshape(28, 28)
    assert (Preparation(28).apply(grey) == grey[..., None]).all()
    colour = np.asarray(photograph())
    assert not colour.flags.writeable
    assert np.abs(Preparation(64).apply(colour) - oracle(photograph(), 64)).max() <= 1
    assert Preparation(28).apply(grey) is not grey


def test_reading(tmp_path: Path) -> None:
    with pytest.raises(DamagedImageError, match="no such file"):
        read_image(tmp_path / "absent.jpg")
    with pytest.raises(DamagedImageError, match="no such file"):
        read_image(tmp_path / "null\0.jpg")
    with pytest.raises(DamagedImageError, match="a folder"):
        read_image(tmp_path)
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    with pytest.raises(FsimError, match="Can't read"):
        read_image(tmp_path / "loop")


@settings(max_examples=150, deadline=None)
@given(data=st.data())
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_damaged_bytes_give_pixels_or_a_cause(data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from(["JPEG", "PNG", "GIF", "WEBP", "TIFF", "BMP"]))
    content = bytearray(encoded(photograph(40, 30), kind))
    for _ in range(data.draw(st.integers(1, 8))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    content = content[: data.draw(st.integers(0, len(content)))]
    try:
        decoded = Preparation(16).apply(bytes(content))
    except DamagedImageError as error:
        assert len(str(error)) > 3
    else:
        assert decoded.shape == (16, 16, 3)


def test_threads_do_not_mix_up_images_or_causes() -> None:
    good = [encoded(Image.new("RGB", (64, 64), (shade, 0, 0)), kind) for shade in (50, 250) for kind in ("JPEG", "PNG")]
    bad = [good[0][:-40], good[1][:60], b""]
    sources = (good + bad) * 60

    def outcome(source: bytes) -> object:
        try:
            return Preparation(8).apply(source).tobytes()
        except DamagedImageError as error:
            return str(error)

    alone = {source: outcome(source) for source in good + bad}
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(outcome, sources)) == [alone[source] for source in sources]
