"""All images of a catalog, decoded and resized once, in one memory-mapped file.

A cache is a folder `<key>/` with `pixels.npy` (uint8 [N, S, S, 3] in the order of the catalog; damaged images
are zeros) and `index.json`. The key is a hash of all that the pixels depend on, so that no cache goes stale:
another image, box or preparation makes another cache. `fsim.images.image_cache_build` writes them.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import warnings
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from filelock import BaseFileLock, FileLock, Timeout

from fsim.errors import FsimError
from fsim.images.decode import DECODER_VERSION
from fsim.images.image_cache_build import FORMAT_VERSION, build, reject_too_many_damaged, remove_abandoned

if TYPE_CHECKING:
    import numpy.typing as npt
    from torch import Tensor

    from fsim.images.preparation import Preparation
    from fsim.interfaces import Catalog, IntArray

log = logging.getLogger(__name__)


class CachedImages:
    """The images of one finished cache. Pickled, it is the path of its folder: a worker maps the file again.

    usable   bool [N], False for damaged images
    damaged  the catalog's `image` -> cause
    size     S, in pixels
    """

    def __init__(self, folder: Path) -> None:
        index = json.loads((folder / "index.json").read_text(encoding="utf-8"))
        pixels = np.load(folder / "pixels.npy", mmap_mode="r")
        if index["version"] != FORMAT_VERSION or pixels.shape != (
            index["rows"],
            index["size"],
            index["size"],
            3,
        ):
            raise ValueError(f"{folder} is not an image cache of version {FORMAT_VERSION}")
        self.folder = folder
        self.size: int = index["size"]
        self.damaged: dict[str, str] = {image: cause for _, image, cause in index["damaged"]}
        self.usable: npt.NDArray[np.bool_] = np.ones(len(pixels), dtype=bool)
        self.usable[[row for row, _, _ in index["damaged"]]] = False
        with warnings.catch_warnings():  # the map can't be written to; nor do we
            warnings.filterwarnings("ignore", message="The given NumPy array is not writ")
            self._rows = torch.from_numpy(pixels.reshape(len(pixels), -1))  # [N, S * S * 3]

    def __len__(self) -> int:
        return len(self._rows)

    def __reduce__(self) -> tuple[type[CachedImages], tuple[Path]]:
        return CachedImages, (self.folder,)

    def gather(self, rows: IntArray) -> Tensor:
        """Copy rows of the catalog [B] into a new tensor, uint8 [B, 3, S, S], channels last in memory."""
        assert self.usable[rows].all(), "a damaged image was asked for"
        chosen = self._rows.index_select(0, torch.tensor(rows))  # [B, S * S * 3]; indexing takes 8 times as long
        return chosen.view(len(rows), self.size, self.size, 3).permute(0, 3, 1, 2)


def open_image_cache(
    catalog: Catalog,
    preparation: Preparation,
    *,
    folder: Path,
    max_damaged: float = 0.01,
    workers: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> CachedImages:
    """Open the cache of a catalog's images; where there is none, build it first, one process at a time.

    Args:
        catalog: Whose images.
        preparation: How its images become squares.
        folder: Where the caches are.
        max_damaged: Largest share of images that may be left out because they can't be decoded, 0 to 1.
        workers: Threads that decode; as many as there are processors for None.
        progress: Called with (images done, all images) while the cache is built.

    Raises:
        FsimError: too many images are damaged, or the cache can't be written.
    """
    if not len(catalog.frame):
        raise FsimError("The catalog has no images. Check the dataset's parameters.")
    if catalog.pixels is not None and len(catalog.pixels) != len(catalog.frame):
        raise FsimError(
            f"The catalog has {len(catalog.frame)} rows, but pixels of {len(catalog.pixels)} images. Fix the dataset."
        )
    key = cache_key(catalog, preparation)
    finished = folder / key
    images = _open_finished(finished)
    if images is None:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with _acquire(FileLock(folder / f"{key}.lock")):
                images = _open_finished(finished)  # another process may have built it while this one waited
                if images is None:
                    build(catalog, finished, preparation, max_damaged, workers, progress)
                    images = CachedImages(finished)
            remove_abandoned(folder)
        except OSError as error:
            raise FsimError(
                f"Can't write the image cache to {folder}: {error.strerror or error}. "
                "Fix this, or set FSIM_CACHE_DIR to another folder."
            ) from error
    reject_too_many_damaged(images.damaged, len(images), max_damaged)
    return images


def cache_key(catalog: Catalog, preparation: Preparation) -> str:
    """Hash what the pixels depend on; a file counts by its path, length and time of change.

    A catalog may have 300,000 files, and each run starts here: `os.path` takes a third of pathlib's time.
    """
    digest = hashlib.sha256(f"{FORMAT_VERSION} {DECODER_VERSION} {preparation.pixels_key}\n".encode())
    if catalog.pixels is not None:
        digest.update(f"{catalog.pixels.shape} {catalog.pixels.dtype}\n".encode())
        digest.update(np.ascontiguousarray(catalog.pixels).data)
    root = str(catalog.root.resolve())
    for image, box in zip(catalog.frame["image"], catalog.frame["box"], strict=True):
        source = f"{image}" if catalog.pixels is not None else _state(os.path.join(root, image))  # noqa: PTH118
        digest.update(f"{source}\0{preparation.region(box)}\n".encode())
    return digest.hexdigest()[:32]


def _state(path: str) -> str:
    try:
        state = os.stat(path)  # noqa: PTH116
    except (OSError, ValueError):
        return f"{path}\0missing"
    return f"{path}\0{state.st_size}\0{state.st_mtime_ns}"


def _open_finished(finished: Path) -> CachedImages | None:
    """Open a finished cache; None where there is none, or only a damaged one."""
    try:
        return CachedImages(finished)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        log.warning("the image cache %s is damaged and will be built again (%s)", finished, error)
        return None


def _acquire(lock: BaseFileLock) -> AbstractContextManager[object]:
    """Take the lock for a `with`; warn if another process holds it."""
    try:
        return lock.acquire(timeout=0)
    except Timeout:
        log.warning("another process is building the same image cache: waiting for it")
        return lock.acquire()
