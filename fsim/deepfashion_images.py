"""The images of a DeepFashion benchmark: verified and unpacked from Img/img.zip, and counted against the partition."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from fsim.deepfashion_files import IMAGES, PARTITION, Benchmark, partition_images
from fsim.deepfashion_terms import PROJECT_PAGE
from fsim.display import Display
from fsim.errors import FsimError
from fsim.unpack import LockedZipError, check_zip, unpack

MEGABYTE = 10**6


def unpack_images(packed: Path, images: Path, md5: str | None, display: Display) -> None:
    """Unpack `packed`, whose checksum is `md5` where that is known, to the folder `images`, which is new.

    Raises:
        FsimError: the archive is locked, damaged or another one, or the disk has no room.
    """
    check_packed(packed, images, display, md5)
    display.say(f"unpacking {packed}")
    beside = images.with_name(".img.unpacking")
    count = unpack(packed, beside, _below_img, lambda done, total: display.bar("unpack", done, total))
    if not count:
        raise FsimError(f"{packed} has no folder img; unpack it by hand so that the images are in {images}")
    beside.rename(images)
    display.say(f"{count:,} images are in {images}; {packed} is kept, remove it if you need the space")


def check_packed(packed: Path, place: Path, display: Display, md5: str | None = None) -> None:
    """See that an archive is what it should be, and say what to do where it is not.

    Raises:
        FsimError: it is locked, not whole, or has another checksum.
    """
    try:
        check_zip(packed)
    except LockedZipError as error:
        raise FsimError(
            f"{error}.\nIts authors give the password on request, by the form on {PROJECT_PAGE}; unpack it with their "
            f"password so that its files are in {place}, then run the command again"
        ) from error
    except FsimError as error:
        raise FsimError(f"{error}; remove it, get it again, and run the command again") from error
    if md5 is None:
        return
    display.say(f"checking {packed}")
    if (found := _md5(packed, display)) != md5:
        raise FsimError(
            f"{packed} is another file than the one known (MD5 {found}, known: {md5}); remove it and run the command "
            f"again, or, if you trust it, unpack it yourself so that its files are in {place}"
        )


def check_images(benchmark: Benchmark, folder: Path) -> None:
    """See that every image that the partition names is there.

    Raises:
        FsimError: some are not, or the partition is damaged.
    """
    top = folder / "Img"
    there = {f"{Path(place).relative_to(top).as_posix()}/{name}" for place, _, names in os.walk(top) for name in names}
    named = set(partition_images(folder / PARTITION, benchmark.image_columns))
    if missing := sorted(named - there):
        raise FsimError(
            f"{len(missing):,} of the {len(named):,} images that {folder / PARTITION} names are not in {top} (the "
            f"first: {missing[0]}); move {folder / IMAGES} away and run the command again, which unpacks them anew"
        )


def _below_img(parts: tuple[str, ...]) -> tuple[str, ...] | None:
    return parts[parts.index("img") + 1 :] if "img" in parts[:-1] else None


def _md5(file: Path, display: Display) -> str:
    digest, total = hashlib.md5(usedforsecurity=False), file.stat().st_size
    with file.open("rb") as stream:
        while block := stream.read(MEGABYTE):
            digest.update(block)
            display.bar("check (MB)", stream.tell() // MEGABYTE, total // MEGABYTE)
    return digest.hexdigest()
