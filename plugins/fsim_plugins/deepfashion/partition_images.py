"""The partition of a DeepFashion benchmark: the images that it names, held against those that are there."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from fsim.errors import FsimError
from fsim_plugins.deepfashion.benchmark_files import IMAGES, PARTITION, Benchmark


def check_images(benchmark: Benchmark, folder: Path) -> None:
    """See that every image that the partition names is there.

    Raises:
        FsimError: some are not, or the partition is damaged.
    """
    top = folder / "Img"
    walked = os.walk(folder / IMAGES)  # perhaps a link to another disk
    there = {f"{Path(place).relative_to(top).as_posix()}/{name}" for place, _, names in walked for name in names}
    named = set(partition_images(folder / PARTITION, benchmark.image_columns))
    if missing := sorted(named - there):
        raise FsimError(
            f"{len(missing):,} of the {len(named):,} images that {folder / PARTITION} names are not in {top} (the "
            f"first: {missing[0]}); move {folder / IMAGES} away and run the command again, which unpacks them anew"
        )


def partition_images(file: Path, image_columns: int) -> Iterator[str]:
    """The images that the partition names, as paths below Img/.

    Raises:
        FsimError: the table is cut off, or is none.
    """
    with file.open(encoding="utf-8", errors="replace") as stream:
        count = stream.readline().strip()
        stream.readline()  # names of the columns
        rows = 0
        for row in map(str.split, stream):
            if row:
                rows += 1
                yield from row[:image_columns]
    if count != str(rows):
        raise FsimError(f"{file} has {rows:,} rows, and its first line says '{count[:50]}'; remove it and get it again")
