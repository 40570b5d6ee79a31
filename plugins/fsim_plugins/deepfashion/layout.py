"""Where the files of a DeepFashion benchmark lie: releases and copies differ in their folders."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from fsim.errors import FsimError
from fsim_plugins.deepfashion.benchmark_folder import TITLES, deepfashion_datasets
from fsim_plugins.deepfashion.terms import PROJECT_PAGE

COARSE = ("Anno", "Anno_coarse", "Anno/Anno_coarse", "Anno/attributes", "")
FINE = ("Anno_fine", "Anno/Anno_fine")
PARTITION = ("Eval", "Anno", "Anno_coarse", "")
IMAGES = ("Img", "", "images")
TRIED = 20  # images that are looked for, before none is believed to be there


class Layout:
    """The folder of one benchmark, that which a dataset reads.

    Raises:
        FsimError: there is no such folder.
    """

    def __init__(self, root: Path, dataset: str) -> None:
        self.root, self.dataset, self.benchmark = root.expanduser().absolute(), dataset, TITLES[dataset]
        if not self.root.is_dir():
            raise FsimError(
                f"there is no folder {self.root}; set data.dataset.root to the folder that holds Anno, Eval and Img of "
                f"the {self.benchmark} benchmark (fsim data download deepfashion says how to get it)"
            )

    def find(self, name: str, folders: Sequence[str] = COARSE) -> Path | None:
        """A file, in the first of the folders that has it."""
        return next((file for folder in folders if (file := self.root / folder / name).is_file()), None)

    def require(self, name: str, folders: Sequence[str] = COARSE) -> Path:
        """A file that must be there.

        Raises:
            FsimError: it is not; says where it was looked for.
        """
        found = self.find(name, folders)
        if found is None:
            self._reject_level()
            places = ", ".join(str(self.root / folder) for folder in folders)
            raise FsimError(
                f"the {self.benchmark} benchmark lacks its file {name}, which was looked for in {places}; get it from "
                f"{PROJECT_PAGE} and put it into the first of these"
            )
        return found

    def image_root(self, images: Iterable[str]) -> Path:
        """The folder that the images' paths start from.

        Raises:
            FsimError: the first images are nowhere.
        """
        tried = [image for image, _ in zip(images, range(TRIED), strict=False)]
        for folder in IMAGES:
            if any((self.root / folder / image).is_file() for image in tried):
                return self.root / folder
        self._reject_level()
        packed = self.find("img.zip", IMAGES)
        places = ", ".join(str(self.root / folder / tried[0]) for folder in IMAGES)
        raise FsimError(
            f"the pictures of the {self.benchmark} benchmark are not there; looked for {places}; "
            + (
                f"unpack {packed} where it lies"
                if packed
                else f"get Img/img.zip from {PROJECT_PAGE} and unpack it there"
            )
        )

    def _reject_level(self) -> None:
        """Refuse a root that is a level below or above the benchmark, or two below it (Img/img).

        Raises:
            FsimError: it is; says where.
        """
        if self.dataset in deepfashion_datasets(self.root):
            return
        below = sorted(folder for folder in self.root.iterdir() if folder.is_dir())
        for folder in (*self.root.parents[:2], *below):
            if self.dataset in deepfashion_datasets(folder):
                raise FsimError(
                    f"{self.root} is not the folder of the {self.benchmark} benchmark; root should be {folder}"
                )
