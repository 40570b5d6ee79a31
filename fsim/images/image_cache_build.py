"""Write an image cache: decode in parallel into a folder beside its place, flush it and rename it."""

from __future__ import annotations

import errno
import json
import math
import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO, TYPE_CHECKING

import numpy as np
from filelock import FileLock, Timeout

from fsim.errors import FsimError
from fsim.images.each_image import each_image
from fsim.images.resize import DamagedImageError

if TYPE_CHECKING:
    from fsim.images.preparation import Preparation
    from fsim.interfaces import Catalog

FORMAT_VERSION = 1
MOST_LISTED = 20  # damaged images that a message names
NO_SPACE = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def build(
    catalog: Catalog,
    finished: Path,
    preparation: Preparation,
    max_damaged: float,
    workers: int | None,
    progress: Callable[[int, int], None] | None,
) -> None:
    """Build the folder `finished`, which appears when it is whole. The caller holds the lock."""
    needed = len(catalog.frame) * preparation.size**2 * 3
    if shutil.disk_usage(finished.parent).free < needed:
        raise _no_space(needed, finished.parent)
    building = finished.with_suffix(".building")
    for remains in (building, finished):  # of a killed build; of a cache that can't be read
        shutil.rmtree(remains, ignore_errors=True)
    building.mkdir()
    try:
        with (building / "pixels.npy").open("wb") as file:
            damaged = _write_pixels(file, catalog, preparation, workers, progress)
            _flush(file)
        names = catalog.frame["image"].to_list()
        listed = {names[row]: cause for row, cause in damaged.items()}
        reject_too_many_damaged(listed, len(names), max_damaged)
        index = {
            "version": FORMAT_VERSION,
            "rows": len(names),
            "size": preparation.size,
            "resize": preparation.resize,
            "damaged": [(row, names[row], cause) for row, cause in damaged.items()],
        }
        with (building / "index.json").open("wb") as file:
            file.write(json.dumps(index, indent=1).encode())
            _flush(file)
        _flush_folder(building)
        building.rename(finished)
        _flush_folder(finished.parent)
    except OSError as error:
        if error.errno in NO_SPACE:
            raise _no_space(needed, finished.parent) from error
        raise
    finally:
        shutil.rmtree(building, ignore_errors=True)  # gone already, where all went well


def _write_pixels(
    file: IO[bytes],
    catalog: Catalog,
    preparation: Preparation,
    workers: int | None,
    progress: Callable[[int, int], None] | None,
) -> dict[int, str]:
    """Write uint8 [N, S, S, 3] as a .npy file -> damaged row: cause."""
    shape = (len(catalog.frame), preparation.size, preparation.size, 3)
    np.lib.format.write_array_header_1_0(file, {"descr": "|u1", "fortran_order": False, "shape": shape})
    damaged: dict[int, str] = {}
    squares = each_image(catalog, lambda box: preparation.square(preparation.region(box)), progress, workers)
    for row, square in enumerate(squares):
        if isinstance(square, DamagedImageError):
            damaged[row] = str(square)
            file.write(bytes(math.prod(shape[1:])))
        else:
            file.write(np.ascontiguousarray(square).data)
    return damaged


def reject_too_many_damaged(damaged: Mapping[str, str], num_images: int, max_damaged: float) -> None:
    """Raise FsimError, with the first of them, where more than the share `max_damaged` can't be used."""
    if len(damaged) <= max_damaged * num_images:
        return
    lines = [f"  {image}: {cause}" for image, cause in list(damaged.items())[:MOST_LISTED]]
    if len(damaged) > MOST_LISTED:
        lines.append(f"  and {len(damaged) - MOST_LISTED} more")
    raise FsimError(
        f"{len(damaged)} of {num_images} images can't be used, above max_damaged={max_damaged:g}:\n"
        + "\n".join(lines)
        + "\nFix or remove these files, check the dataset's folder, or raise max_damaged."
    )


def remove_abandoned(folder: Path) -> None:
    """Remove what killed builds left: a folder that is being built is locked, an abandoned one isn't."""
    for building in folder.glob("*.building"):
        try:
            with FileLock(building.with_suffix(".lock")).acquire(timeout=0):
                shutil.rmtree(building, ignore_errors=True)
        except Timeout:
            continue


def _no_space(needed: int, folder: Path) -> FsimError:
    free = shutil.disk_usage(folder).free
    return FsimError(
        f"The image cache needs {needed / 1e9:.2f} GB in {folder}, where {free / 1e9:.2f} GB are free. "
        "Make room there, or set FSIM_CACHE_DIR to a folder on a larger disk."
    )


def _flush(file: IO[bytes]) -> None:
    file.flush()
    os.fsync(file.fileno())


def _flush_folder(folder: Path) -> None:
    """Flush a folder: a new name is on the disk only when its folder is. Windows doesn't let folders be opened."""
    if hasattr(os, "O_DIRECTORY"):
        descriptor = os.open(folder, os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
