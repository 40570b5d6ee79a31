"""Read the rows of a table as a catalog; an error names the cell."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from fsim.errors import FsimError
from fsim.functional.labels.splits import split_by_name
from fsim.functional.pictures.box_formats import Box, BoxFormat, box_from, in_pixels, is_relative
from fsim.interfaces import Catalog
from fsim.kit.picture_files import image_size
from fsim_plugins.tables.cells import attributes_cell, caption_cell, numbers_cell, text_cell

log = logging.getLogger("fsim.tables")
Value = TypeVar("Value")


class TableRows(NamedTuple):
    """What a table holds of a catalog.

    columns  name of a catalog's column -> its cells, as the file gave them; `image` is there
    place    number of a row -> where it stands, for messages: `metadata.csv, line 7`
    """

    columns: Mapping[str, Sequence[Any]]
    place: Callable[[int], str]

    def read(self, name: str, cell: Callable[[Any], Value]) -> list[Value]:
        """A column, each cell read by `cell`, whose ValueError becomes a FsimError that names the row."""
        values = []
        for row, value in enumerate(self.columns[name]):
            try:
                values.append(cell(value))
            except ValueError as error:
                shown = f"'{value}'" if len(str(value)) <= 100 else f"'{str(value)[:100]}...'"
                raise FsimError(f"{self.place(row)}: {name} {shown} cannot be read ({error}); fix this cell") from error
        return values


@dataclass(frozen=True)
class SplitRule:
    """How images fall into splits where nothing says so: by a hash of the item, or of the image where that is unknown.

    Raises:
        FsimError: nothing is left to train on.
    """

    val_share: float
    test_share: float
    seed: int

    def __post_init__(self) -> None:
        if self.val_share + self.test_share >= 1:
            raise FsimError("val_share and test_share leave nothing to train on; lower them")

    def splits(self, images: Sequence[str], items: Sequence[str]) -> list[str]:
        """The split of each image; all images of an item are in one."""
        groups = [item or image for item, image in zip(items, images, strict=True)]
        return split_by_name(groups, self.val_share, self.test_share, self.seed)


def catalog_of(rows: TableRows, root: Path, box_format: BoxFormat, rule: SplitRule) -> Catalog:
    """The catalog of a table.

    Args:
        root: where the images' paths start from.
        box_format: what the four numbers of a box are.
        rule: the splits, where the table has no column `split`.

    Raises:
        FsimError: a cell cannot be read.
    """
    columns: dict[str, Any] = {
        name: rows.read(name, text_cell) for name in ("image", "split", "category", "item") if name in rows.columns
    }
    if "caption" in rows.columns:
        columns["caption"] = rows.read("caption", caption_cell)
    if "attributes" in rows.columns:
        columns["attributes"] = rows.read("attributes", attributes_cell)
    if "box" in rows.columns:
        columns["box"] = rows.read("box", lambda value: _box(value, box_format))
        if is_relative(box_format):
            columns["box"] = _in_pixels(columns["box"], columns["image"], root)
    images = columns["image"]
    for row, image in enumerate(images):
        if not image:
            raise FsimError(f"{rows.place(row)}: image is empty; give the path of a picture, or remove this row")
    if "split" not in columns:
        columns["split"] = rule.splits(images, columns.get("item", [""] * len(images)))
    return Catalog.of(columns, root)


def _box(value: Any, box_format: BoxFormat) -> Box | None:
    numbers = numbers_cell(value)
    return None if numbers is None else box_from(numbers, box_format)


def _in_pixels(boxes: Sequence[Box | None], images: Sequence[str], root: Path) -> list[Box | None]:
    """Boxes in shares, in pixels. The box of a file that is no image is left out and logged: decoding will name it as
    damaged."""
    found: list[Box | None] = []
    unreadable = []
    for box, image in zip(boxes, images, strict=True):
        size = None if box is None else image_size(root / image)
        if box is not None and size is None:
            unreadable.append(image)
        found.append(None if box is None or size is None else in_pixels(box, *size))
    if unreadable:
        log.warning(
            "%d images with a box in shares of the picture have no size that can be read (first: %s); their boxes are "
            "left out",
            len(unreadable),
            unreadable[0],
        )
    return found
