"""The images of an index: what is known of each, a thumbnail, and which of them match filters."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from fsim.errors import FsimError, nearest
from fsim.functional.labels.catalog_table import attributes_of, catalog_table
from fsim.functional.text.captions import captions_of_text
from fsim.images.resize import Box
from fsim.interfaces import IntArray
from fsim.kit.files import write_with

TABLE, THUMBNAILS, OFFSETS = "images.parquet", "thumbnails.bin", "thumbnails.npy"
FILTER_KEYS = ("category", "split", "item")  # and the types of attributes
COLUMNS = ("id", "image", "split", "category", "item", "box", "attributes", "caption")


@dataclass(frozen=True)
class IndexedImages:
    """What an index knows of its images.

    Shape legend: N images.

    frame       [N] columns `COLUMNS`: `id`, a number as text that no two images ever share, and the catalog's columns
                as text; `image` is an absolute path where there is a file
    next_id     the next number for an id
    thumbnails  the bytes of N small JPEGs, one after the other
    offsets     int64 [N + 1], where each starts; the last is where they end
    """

    frame: pd.DataFrame
    next_id: int
    thumbnails: npt.NDArray[np.uint8]
    offsets: IntArray

    def __len__(self) -> int:
        return len(self.frame)

    @cached_property
    def columns(self) -> dict[str, list[str]]:
        """The frame as lists, from which one cell is taken at once."""
        return {name: list(map(str, self.frame[name])) for name in COLUMNS}

    def thumbnail(self, row: int) -> bytes:
        """Return a JPEG; empty where the image could not be decoded."""
        return self.thumbnails[self.offsets[row] : self.offsets[row + 1]].tobytes()

    def take(self, rows: IntArray) -> IndexedImages:
        """Return the images of some rows."""
        return IndexedImages(self.frame.iloc[rows].reset_index(drop=True), self.next_id, *_joined(self._parts(rows)))

    def with_more(self, catalog: pd.DataFrame, pictures: Sequence[bytes]) -> IndexedImages:
        """Return these images, followed by those of a catalog's table, which get the next ids."""
        more = catalog_table(catalog)
        more.insert(0, "id", [str(self.next_id + place) for place in range(len(more))])
        frame = pd.concat([self.frame, more[list(COLUMNS)]], ignore_index=True)
        parts = [*self._parts(np.arange(len(self))), *pictures]
        return IndexedImages(frame, self.next_id + len(more), *_joined(parts))

    def attributes(self, row: int) -> dict[str, Any]:
        """Return {type: value or values}."""
        return attributes_of(self.columns["attributes"][row])

    def captions(self, row: int) -> list[str]:
        """Return the captions of an image: none, one or several."""
        return captions_of_text(self.columns["caption"][row])

    def with_ids_of(self, before: IndexedImages) -> IndexedImages:
        """Return the same images in place of `before`: an image that was there keeps its id, others get new ones."""
        known = dict(zip(before.columns["image"], before.columns["id"], strict=True))
        new = map(str, range(before.next_id, before.next_id + len(self)))
        ids = [known.get(image, number) for image, number in zip(self.columns["image"], new, strict=True)]
        frame = self.frame.assign(id=ids)
        return IndexedImages(frame, before.next_id + len(self), self.thumbnails, self.offsets)

    @cached_property
    def row_of_path(self) -> dict[str, int]:
        """Path of an image -> its row."""
        return {path: row for row, path in enumerate(self.columns["image"])}

    def box_of(self, path: str) -> Box | None:
        """Return the box of the garment on an image of this path; None where it has none, or there is no such image."""
        row = self.row_of_path.get(path)
        text = "" if row is None else self.columns["box"][row]
        if not text:
            return None
        x1, y1, x2, y2 = map(float, text.split())
        return x1, y1, x2, y2

    @cached_property
    def rows_by_value(self) -> dict[str, dict[str, list[int]]]:
        """What images can be filtered by: {key: {value: rows}}, without unknown values; the types of attributes are
        keys too."""
        found: dict[str, dict[str, list[int]]] = {key: {} for key in FILTER_KEYS}
        columns = {key: self.frame[key].to_list() for key in FILTER_KEYS}
        for row in range(len(self)):
            values: dict[str, Any] = {**self.attributes(row), **{key: columns[key][row] for key in FILTER_KEYS}}
            for key, value in values.items():
                for single in value if isinstance(value, list) else [value]:
                    if single not in ("", None):
                        found.setdefault(key, {}).setdefault(str(single), []).append(row)
        return {key: values for key, values in found.items() if values}

    def matching(self, filters: Mapping[str, Sequence[str]]) -> npt.NDArray[np.bool_]:
        """Return [N], whether each image has, for each key of the filters, one of its values.

        Raises:
            FsimError: no image has such a key or value.
        """
        flags = np.ones(len(self), bool)
        for key, values in filters.items():
            rows_of = self.rows_by_value.get(key)
            if rows_of is None:
                raise FsimError(f"the images have no '{key}'{nearest(key, self.rows_by_value)}")
            has_value = np.zeros(len(self), bool)
            for value in values:
                if value not in rows_of:
                    raise FsimError(f"no image has {key}={value}{nearest(value, rows_of)}")
                has_value[rows_of[value]] = True
            flags &= has_value
        return flags

    def _parts(self, rows: IntArray) -> list[bytes]:
        return [self.thumbnail(int(row)) for row in rows]

    def write(self, folder: Path) -> None:
        """Write the table and the thumbnails."""
        table = io.BytesIO()
        frame = self.frame.copy()
        frame.attrs = {}
        frame.to_parquet(table, index=False)
        write_with(folder / TABLE, lambda stream: stream.write(table.getvalue()))
        write_with(folder / THUMBNAILS, lambda stream: stream.write(self.thumbnails.tobytes()))
        offsets = np.append(self.offsets, self.next_id)
        write_with(folder / OFFSETS, lambda stream: np.save(stream, offsets, allow_pickle=False))

    @classmethod
    def read(cls, folder: Path) -> IndexedImages:
        """Read what `write` wrote.

        Raises:
            FsimError: the files are damaged.
        """
        try:
            frame = pd.read_parquet(folder / TABLE)
            numbers = np.load(folder / OFFSETS, allow_pickle=False)
            size = (folder / THUMBNAILS).stat().st_size
            pictures = np.memmap(folder / THUMBNAILS, np.uint8, "r") if size else np.empty(0, np.uint8)
        except FileNotFoundError:
            raise
        except (OSError, ValueError) as error:
            raise FsimError(f"the images of {folder} are damaged ({error}): make it again by --rebuild") from error
        offsets, next_id = numbers[:-1], int(numbers[-1])
        if list(frame.columns) != list(COLUMNS) or len(offsets) != len(frame) + 1 or offsets[-1] != len(pictures):
            raise FsimError(f"the images of {folder} are damaged: make it again by --rebuild")
        return cls(frame, next_id, pictures, offsets)


NO_IMAGES = IndexedImages(
    pd.DataFrame({name: pd.Series(dtype=object) for name in COLUMNS}), 0, np.empty(0, np.uint8), np.zeros(1, np.int64)
)


def _joined(parts: Sequence[bytes]) -> tuple[npt.NDArray[np.uint8], IntArray]:
    offsets = np.cumsum([0, *map(len, parts)], dtype=np.int64)
    return np.frombuffer(b"".join(parts), np.uint8), offsets
