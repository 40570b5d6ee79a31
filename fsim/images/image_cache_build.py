"""Writes an image cache: decodes in parallel into a folder beside its place, flushes and renames it."""

from __future__ import annotations

import errno
import json
import os
import shutil
import warnings
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import IO, TYPE_CHECKING, TypeVar

import numpy as np
from filelock import FileLock, Timeout

from fsim.errors import FsimError
from fsim.images.decode import decode, read_image
from fsim.images.resize import DamagedImageError, Resize

if TYPE_CHECKING:
    import numpy.typing as npt

    from fsim.interfaces import Catalog

Item = TypeVar("Item")
Result = TypeVar("Result")
Block = tuple["npt.NDArray[np.uint8]", dict[int, str]]  # pixels [rows of the block, S, S, 3], damaged row -> cause

FORMAT_VERSION = 1
BLOCK_ROWS = 64  # decoded as one task
MOST_LISTED = 20  # damaged images that a message names
NO_SPACE = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def build(
    catalog: Catalog,
    finished: Path,
    size: int,
    resize: Resize,
    max_damaged: float,
    workers: int | None,
    progress: Callable[[int, int], None] | None,
) -> None:
    """Builds the folder `finished`, which appears when it is whole. The caller holds the lock."""
    needed = len(catalog.frame) * size * size * 3
    if shutil.disk_usage(finished.parent).free < needed:
        raise _no_space(needed, finished.parent)
    building = finished.with_suffix(".building")
    for remains in (building, finished):  # of a killed build; of a cache that can't be read
        shutil.rmtree(remains, ignore_errors=True)
    building.mkdir()
    try:
        with (building / "pixels.npy").open("wb") as file:
            damaged = _write_pixels(file, catalog, size, resize, workers or available_processors(), progress)
            _flush(file)
        names = catalog.frame["image"].to_list()
        listed = {names[row]: cause for row, cause in damaged.items()}
        refuse_too_many_damaged(listed, len(names), max_damaged)
        index = {
            "version": FORMAT_VERSION,
            "rows": len(names),
            "size": size,
            "resize": resize,
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
    size: int,
    resize: Resize,
    workers: int,
    progress: Callable[[int, int], None] | None,
) -> dict[int, str]:
    """Writes uint8 [N, S, S, 3] as a .npy file -> damaged row: cause."""
    images, boxes = catalog.frame["image"].to_list(), catalog.frame["box"].to_list()

    def decode_block(rows: range) -> Block:
        pixels = np.zeros((len(rows), size, size, 3), np.uint8)
        causes = {}
        for place, row in enumerate(rows):
            try:
                source = read_image(catalog.root / images[row]) if catalog.pixels is None else catalog.pixels[row]
                pixels[place] = decode(source, size=size, resize=resize, box=boxes[row])
            except DamagedImageError as cause:
                causes[row] = str(cause)
        return pixels, causes

    shape = (len(images), size, size, 3)
    np.lib.format.write_array_header_1_0(file, {"descr": "|u1", "fortran_order": False, "shape": shape})
    blocks = [range(start, min(start + BLOCK_ROWS, len(images))) for start in range(0, len(images), BLOCK_ROWS)]
    damaged: dict[int, str] = {}
    # Threads are enough: decoding and resizing release the GIL.
    with warnings.catch_warnings(), ThreadPoolExecutor(workers) as pool:
        warnings.filterwarnings("ignore", module="PIL")  # of large images and odd metadata: decoded or named as damaged
        for rows, (pixels, causes) in zip(blocks, in_order(pool, decode_block, blocks, 2 * workers), strict=True):
            file.write(pixels.data)
            damaged |= causes
            if progress is not None:
                progress(rows.stop, len(images))
    return damaged


def in_order(
    pool: ThreadPoolExecutor, work: Callable[[Item], Result], items: Iterable[Item], ahead: int
) -> Iterator[Result]:
    """`pool.map` with at most `ahead` items under way, so that none waits long in memory for a slow one."""
    waiting: deque[Future[Result]] = deque()
    for item in items:
        if len(waiting) == ahead:
            yield waiting.popleft().result()
        waiting.append(pool.submit(work, item))
    while waiting:
        yield waiting.popleft().result()


def refuse_too_many_damaged(damaged: Mapping[str, str], num_images: int, max_damaged: float) -> None:
    """FsimError, with the first of them, where more than the share `max_damaged` can't be used."""
    if len(damaged) <= max_damaged * num_images:
        return
    lines = [f"  {image}: {cause}" for image, cause in list(damaged.items())[:MOST_LISTED]]
    if len(damaged) > MOST_LISTED:
        lines.append(f"  and {len(damaged) - MOST_LISTED} more")
    raise FsimError(
        f"{len(damaged)} of {num_images} images can't be used, above max_damaged={max_damaged:g}:\n"
        + "\n".join(lines)
        + "\nMend or remove these files, check the dataset's folder, or raise max_damaged."
    )


def remove_abandoned(folder: Path) -> None:
    """Removes what killed builds left: a folder that is being built is locked, an abandoned one isn't."""
    for building in folder.glob("*.building"):
        try:
            with FileLock(building.with_suffix(".lock")).acquire(timeout=0):
                shutil.rmtree(building, ignore_errors=True)
        except Timeout:
            continue


def available_processors() -> int:
    """Processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


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
    """A new name is on the disk only when its folder is. Windows doesn't let folders be opened."""
    if hasattr(os, "O_DIRECTORY"):
        descriptor = os.open(folder, os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
