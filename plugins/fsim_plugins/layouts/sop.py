"""Stanford Online Products.

Oh Song, Xiang, Jegelka and Savarese, "Deep metric learning via lifted structured feature embedding", CVPR 2016: 59,551
pictures of 11,318 products to learn from and 60,502 of 11,316 others to retrieve, of 12 kinds.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath

from fsim.interfaces import FolderReading, ListedPicture
from fsim.interfaces.layout import split_by_presence
from fsim_plugins.layouts.listing import read_columns

FILES = {"train": "Ebay_train.txt", "test": "Ebay_test.txt"}


class Sop:
    """Stanford Online Products: Ebay_train.txt and Ebay_test.txt beside the folders of pictures."""

    def fits(self, root: Path, pictures: Sequence[str]) -> bool:
        return all((root / file).is_file() for file in FILES.values())

    def read(self, root: Path, pictures: Sequence[str]) -> FolderReading:
        """Read the pictures that both files list: `image_id class_id super_class_id path`.

        Raises:
            FsimError: a file is missing or cannot be read.
        """
        found, ignored = split_by_presence(_listed(root), pictures, f"in neither {' nor '.join(FILES.values())}")
        notes = (
            f"the split is train in {FILES['train']} and test in {FILES['test']}, of other items",
            "the item is the class_id, the category is the folder of the super class",
        )
        return FolderReading("sop", notes, found, ignored)


def _listed(root: Path) -> Iterator[ListedPicture]:
    for split, file in FILES.items():
        for _, item, _, image in read_columns(root / file, 4, header=True):
            yield ListedPicture(image, split, PurePosixPath(image).parent.name.removesuffix("_final"), item)
