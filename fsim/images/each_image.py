"""Decode each image of a catalog once, by several threads, and compute something from it."""

from __future__ import annotations

import os
import warnings
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

from fsim.images.decode import Use, decode, read_image
from fsim.images.resize import Box, DamagedImageError

if TYPE_CHECKING:
    from fsim.interfaces import Catalog

Item = TypeVar("Item")
Result = TypeVar("Result")

BLOCK_ROWS = 64  # decoded as one task


def each_image(
    catalog: Catalog,
    use: Callable[[Box | None], Use[Result]],
    progress: Callable[[int, int], None] | None = None,
    workers: int | None = None,
) -> Iterator[Result | DamagedImageError]:
    """Yield for every row, in order, what is computed from its image, or why that is damaged.

    Args:
        catalog: Whose images.
        use: From the box of an image, what to compute from the image.
        progress: Called with (images done, all images).
        workers: Threads; None: as many as there are processors. They are enough: decoding, resizing, hashing and
            summing release the GIL.
    """
    images, boxes = catalog.frame["image"].to_list(), catalog.frame["box"].to_list()

    def result_of(row: int) -> Result | DamagedImageError:
        try:
            source = read_image(catalog.root / images[row]) if catalog.pixels is None else catalog.pixels[row]
            return decode(source, use(boxes[row]))
        except DamagedImageError as cause:
            return cause

    count, workers = len(images), workers or available_processors()
    blocks = [range(start, min(start + BLOCK_ROWS, count)) for start in range(0, count, BLOCK_ROWS)]
    with warnings.catch_warnings(), ThreadPoolExecutor(workers) as pool:
        warnings.filterwarnings("ignore", module="PIL")  # of large images and odd metadata: decoded or named as damaged
        parts = _in_order(pool, lambda rows: [result_of(row) for row in rows], blocks, 2 * workers)
        for rows, results in zip(blocks, parts, strict=True):
            yield from results
            if progress is not None:
                progress(rows.stop, count)


def _in_order(
    pool: ThreadPoolExecutor, work: Callable[[Item], Result], items: Iterable[Item], ahead: int
) -> Iterator[Result]:
    """Do as `pool.map` does, with at most `ahead` items under way, so that none waits long in memory for a slow one."""
    waiting: deque[Future[Result]] = deque()
    for item in items:
        if len(waiting) == ahead:
            yield waiting.popleft().result()
        waiting.append(pool.submit(work, item))
    while waiting:
        yield waiting.popleft().result()


def available_processors() -> int:
    """Count the processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
