"""Pictures in folders that are named as their categories."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field

from fsim.errors import FsimError
from fsim.functional.labels.splits import SPLIT_NAMES, split_by_name
from fsim.interfaces import Catalog
from fsim.kit.picture_files import SUFFIXES, picture_files

Share = Annotated[float, Field(ge=0, lt=1)]


class Folder:
    """`<root>/<split>/<category>/*.jpg`, or `<root>/<category>/*.jpg` split by rule.

    Splits are folders named train, val (or validation, valid), test, query, gallery. Where a root has none of them its
    folders are categories, and each image falls into a split by a hash of its path: adding images moves no other.

    Args:
        root: the folder; a relative path starts where the command is run.
        val_share: expected share of `val` where the root has no split folders.
        test_share: expected share of `test` there.
        split_seed: another seed, another split.

    Raises:
        FsimError: no such folder, or no picture in it.
    """

    def __init__(self, root: Path, val_share: Share = 0.2, test_share: Share = 0.0, split_seed: int = 0) -> None:
        if val_share + test_share >= 1:
            raise FsimError("val_share and test_share leave nothing to train on; lower them")
        self.root, self.val_share, self.test_share, self.split_seed = root, val_share, test_share, split_seed

    def load(self) -> Catalog:
        root = self.root.expanduser().absolute()
        if not root.is_dir():
            raise FsimError(
                f"there is no folder {root}; set data.dataset.root to the folder of the pictures "
                f"(those of the clothing recipes come by: fsim data download clothing)"
            )
        folders = {
            entry.name: SPLIT_NAMES[entry.name.lower()] for entry in root.iterdir() if entry.name.lower() in SPLIT_NAMES
        }
        rows = self._split_folders(root, folders) if folders else self._categories(root)
        if not rows:
            raise FsimError(
                f"there is no picture in {root}; expected <split>/<category>/*.jpg or <category>/*.jpg "
                f"({', '.join(sorted(SUFFIXES))})"
            )
        images, splits, categories = zip(*rows, strict=True)
        return Catalog.of({"image": images, "split": splits, "category": categories}, root)

    def _split_folders(self, root: Path, folders: dict[str, str]) -> list[tuple[str, str, str]]:
        return [
            (image, split, Path(image).parts[1])
            for folder, split in sorted(folders.items())
            for image in picture_files(root, root / folder)
            if len(Path(image).parts) > 2
        ]

    def _categories(self, root: Path) -> list[tuple[str, str, str]]:
        images = [image for image in picture_files(root, root) if len(Path(image).parts) > 1]
        splits = split_by_name(images, self.val_share, self.test_share, self.split_seed)
        return [(image, split, Path(image).parts[0]) for image, split in zip(images, splits, strict=True)]
