"""Layouts: how the folder of a data set names its pictures, their splits, categories and items."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Protocol, runtime_checkable

from fsim.functional.labels.splits import split_by_name
from fsim.functional.pictures.box_formats import Box
from fsim.interfaces.catalog import Catalog

VAL_SHARE = 0.2  # where a folder has no splits; that of the datasets `csv` and `folder`


class ListedPicture(NamedTuple):
    """One picture of a folder; "" and None where the folder says nothing."""

    image: str  # relative to the folder, with forward slashes
    split: str = ""
    category: str = ""
    item: str = ""
    caption: str = ""
    box: Box | None = None  # x1, y1, x2, y2 in pixels


@dataclass(frozen=True)
class FolderReading:
    """What a layout read from a folder.

    layout    the name of the layout
    notes     sentences that say what was read as splits, categories and items
    pictures  in the order of their paths, or of the file that lists them; all have a split or none
    ignored   (path, reason) of each picture that is left out
    """

    layout: str
    notes: Sequence[str]
    pictures: Sequence[ListedPicture]
    ignored: Sequence[tuple[str, str]]

    @property
    def has_splits(self) -> bool:
        """Whether the folder says which split each picture belongs to."""
        return bool(self.pictures and self.pictures[0].split)

    def catalog(self, root: Path, val_share: float | None = None) -> Catalog:
        """Build the catalog.

        Args:
            root: the folder.
            val_share: expected share, 0 to below 1, of the pictures (of `train`, where there are splits) that become
                `val`, by a hash of the item, or of the image where that is unknown. None: 0.2, or 0 where there are
                splits.
        """
        share = val_share if val_share is not None else 0.0 if self.has_splits else VAL_SHARE
        groups = [picture.item or picture.image for picture in self.pictures]
        drawn = split_by_name(groups, share, 0.0, seed=0)
        columns = {name: [getattr(picture, name) for picture in self.pictures] for name in ListedPicture._fields}
        columns["split"] = [
            by_rule if split in ("", "train") else split for split, by_rule in zip(columns["split"], drawn, strict=True)
        ]
        return Catalog.of(columns, root)


def split_by_presence(
    listed: Iterable[ListedPicture], pictures: Sequence[str], unlisted: str
) -> tuple[list[ListedPicture], list[tuple[str, str]]]:
    """Return the listed pictures that are on the disk, and (path, reason) of all that is left out.

    Args:
        listed: the pictures that a file of the data set lists.
        pictures: the paths of the pictures on the disk.
        unlisted: the reason for leaving out a picture that no file lists.
    """
    listed = list(listed)
    names, on_disk = {picture.image for picture in listed}, set(pictures)
    missing = [(picture.image, "listed, but not there") for picture in listed if picture.image not in on_disk]
    more = [(image, unlisted) for image in pictures if image not in names]
    return [picture for picture in listed if picture.image in on_disk], missing + more


@runtime_checkable
class Layout(Protocol):
    """Reads the folder of one public data set, as it is unpacked."""

    @abstractmethod
    def fits(self, root: Path, pictures: Sequence[str]) -> bool:
        """Whether a folder has this layout.

        Args:
            root: the folder, absolute.
            pictures: the paths of all pictures below it, relative, with forward slashes, sorted.
        """
        ...

    @abstractmethod
    def read(self, root: Path, pictures: Sequence[str]) -> FolderReading:
        """Read splits, categories and items.

        Raises:
            FsimError: a file of the layout is missing or cannot be read.
        """
        ...
