"""What the folder of a data set says of its pictures."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from fsim.functional.labels.splits import split_by_name
from fsim.functional.pictures.box_formats import Box
from fsim.interfaces import Catalog

VAL_SHARE = 0.2  # where a folder has no splits; that of the datasets `csv` and `folder`


class Picture(NamedTuple):
    """One picture; "" and None where the folder says nothing."""

    image: str  # relative to the folder, with forward slashes
    split: str = ""
    category: str = ""
    item: str = ""
    caption: str = ""
    box: Box | None = None  # x1, y1, x2, y2 in pixels


@dataclass(frozen=True)
class Understood:
    """How a folder was understood.

    layout    the name of the layout
    how       sentences: what was taken for what
    pictures  in the order of their paths, or of the file that lists them; all have a split or none
    ignored   (path, why) of what is left out
    """

    layout: str
    how: Sequence[str]
    pictures: Sequence[Picture]
    ignored: Sequence[tuple[str, str]]

    @property
    def has_splits(self) -> bool:
        """Whether the folder says which pictures are for what."""
        return bool(self.pictures and self.pictures[0].split)

    def catalog(self, root: Path, val_share: float | None = None) -> Catalog:
        """The catalog.

        Args:
            root: the folder.
            val_share: expected share, 0 to below 1, of the pictures (of `train`, where there are splits) that become
                `val`, by a hash of the item, or of the image where that is unknown. None: 0.2, or 0 where there are
                splits.
        """
        share = val_share if val_share is not None else 0.0 if self.has_splits else VAL_SHARE
        groups = [picture.item or picture.image for picture in self.pictures]
        drawn = split_by_name(groups, share, 0.0, seed=0)
        columns = {name: [getattr(picture, name) for picture in self.pictures] for name in Picture._fields}
        columns["split"] = [
            by_rule if split in ("", "train") else split for split, by_rule in zip(columns["split"], drawn, strict=True)
        ]
        return Catalog.of(columns, root)


def there(
    listed: Iterable[Picture], pictures: Sequence[str], unlisted: str
) -> tuple[list[Picture], list[tuple[str, str]]]:
    """Of the pictures that a file lists those that are there, and what is left out.

    Args:
        pictures: the paths of those that are there.
        unlisted: why a picture that no file lists is left out.
    """
    listed = list(listed)
    names, on_disk = {picture.image for picture in listed}, set(pictures)
    missing = [(picture.image, "listed, but not there") for picture in listed if picture.image not in on_disk]
    more = [(image, unlisted) for image in pictures if image not in names]
    return [picture for picture in listed if picture.image in on_disk], missing + more
