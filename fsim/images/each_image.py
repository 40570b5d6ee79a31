"""All images of a catalog, decoded once, with something made of each. No picture is kept."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

from fsim.images.decode import Use, decode_for, read_image
from fsim.images.image_cache_build import BLOCK_ROWS, available_processors, in_order
from fsim.images.resize import Box, DamagedImageError

if TYPE_CHECKING:
    from fsim.interfaces import Catalog

Result = TypeVar("Result")


def each_image(
    catalog: Catalog, use: Callable[[Box | None], Use[Result]], progress: Callable[[int, int], None] | None = None
) -> Iterator[Result | DamagedImageError]:
    """For every row, in order, what is made of its image, or why that is damaged.

    As many threads as there are processors: decoding, resizing, hashing and summing release the GIL.

    Args:
        catalog: Whose images.
        use: What to make of an image, from its box.
        progress: Called with (images done, all images).
    """
    images, boxes = catalog.frame["image"].to_list(), catalog.frame["box"].to_list()

    def one(row: int) -> Result | DamagedImageError:
        try:
            source = read_image(catalog.root / images[row]) if catalog.pixels is None else catalog.pixels[row]
            return decode_for(use(boxes[row]), source)
        except DamagedImageError as cause:
            return cause

    count = len(images)
    blocks = [range(start, min(start + BLOCK_ROWS, count)) for start in range(0, count, BLOCK_ROWS)]
    workers = available_processors()
    with warnings.catch_warnings(), ThreadPoolExecutor(workers) as pool:
        warnings.filterwarnings("ignore", module="PIL")  # of large images and odd metadata: decoded or named as damaged
        made = in_order(pool, lambda rows: [one(row) for row in rows], blocks, 2 * workers)
        for rows, results in zip(blocks, made, strict=True):
            yield from results
            if progress is not None:
                progress(rows.stop, count)
