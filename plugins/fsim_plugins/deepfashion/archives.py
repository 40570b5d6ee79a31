"""The archives of a DeepFashion benchmark: checked, and unpacked to where its files belong."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fsim.errors import FsimError
from fsim.interfaces import Reporter
from fsim.kit.unpack import BrokenZipError, LockedZipError, UnreadableZipError, check_zip, unpack
from fsim_plugins.deepfashion.terms import PROJECT_PAGE

TEXT_FOLDERS = ("Anno_coarse", "Anno_fine", "Anno", "Eval")
MEGABYTE = 10**6


def unpack_images(packed: Path, images: Path, md5: str | None, reporter: Reporter) -> None:
    """Unpack `packed`, whose checksum is `md5` where that is known, to the folder `images`, which is new.

    An unpacking that was stopped goes on where it was.

    Raises:
        FsimError: the archive is locked, damaged or another one, or the disk has no room.
    """
    beside = images.with_name(".img.unpacking")
    with _advice(images):
        check_zip(packed)
        if md5 is not None:
            _check_md5(packed, images, md5, reporter)
        reporter.say(f"unpacking {packed}")
        try:
            count = unpack(packed, beside, _below_img, lambda done, total: reporter.bar("unpack", done, total))
        except BrokenZipError:
            shutil.rmtree(beside, ignore_errors=True)
            raise
    if not count:
        raise FsimError(f"{packed} has no folder img; unpack it yourself so that the images are in {images}")
    beside.rename(images)
    reporter.say(f"{count:,} images are in {images}; {packed} is kept, remove it if you need the space")


def unpack_texts(folder: Path) -> None:
    """Unpack what the user put into the folder as Anno.zip, Anno_fine.zip, Anno-2024-001.zip, Eval.zip or the like.

    Raises:
        FsimError: an archive is locked or damaged, or the disk has no room.
    """
    for packed in sorted([*folder.glob("Anno*.zip"), *folder.glob("Eval*.zip")]):
        own = next(name for name in TEXT_FOLDERS if packed.name.startswith(name))

        def place(parts: tuple[str, ...], own: str = own) -> tuple[str, ...] | None:
            top = next((number for number, part in enumerate(parts) if part in TEXT_FOLDERS), None)
            return (own, *parts) if top is None else parts[top:]

        with _advice(folder / own):
            unpack(packed, folder, place)


@contextmanager
def _advice(place: Path) -> Iterator[None]:
    """Adds to what is wrong with an archive what to do; its files belong to `place`."""
    try:
        yield
    except LockedZipError as error:
        raise FsimError(
            f"{error}.\nThe authors give the password on request, by the form on {PROJECT_PAGE}; unpack it with their "
            f"password so that its files are in {place}, move the archive away, and run the command again"
        ) from error
    except UnreadableZipError as error:
        raise FsimError(
            f"{error}; unpack it with another program so that its files are in {place}, move the archive away, and run "
            f"the command again"
        ) from error
    except BrokenZipError as error:
        raise FsimError(f"{error}; remove it, get it again, and run the command again") from error


def _below_img(parts: tuple[str, ...]) -> tuple[str, ...] | None:
    return parts[parts.index("img") + 1 :] if "img" in parts[:-1] else None


def _check_md5(packed: Path, images: Path, known: str, reporter: Reporter) -> None:
    reporter.say(f"checking {packed}")
    digest, total = hashlib.md5(usedforsecurity=False), packed.stat().st_size
    with packed.open("rb") as stream:
        while block := stream.read(MEGABYTE):
            digest.update(block)
            reporter.bar("check (MB)", stream.tell() // MEGABYTE, total // MEGABYTE)
    if digest.hexdigest() != known:
        raise FsimError(
            f"{packed} is another file than the one known (MD5 {digest.hexdigest()}, known: {known}); remove it and "
            f"run the command again, or, if you trust it, unpack it yourself so that its files are in {images}"
        )
