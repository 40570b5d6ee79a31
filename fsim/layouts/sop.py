"""Stanford Online Products.

Oh Song, Xiang, Jegelka and Savarese, "Deep metric learning via lifted structured feature embedding", CVPR 2016: 59,551
pictures of 11,318 products to learn from and 60,502 of 11,316 others to retrieve, of 12 kinds.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath

from fsim.layouts.listing import read_columns
from fsim.layouts.understood import Picture, Understood, there

FILES = {"train": "Ebay_train.txt", "test": "Ebay_test.txt"}


def is_here(root: Path, pictures: Sequence[str]) -> bool:
    """Whether a folder has the files of this layout."""
    return all((root / file).is_file() for file in FILES.values())


def read(root: Path, pictures: Sequence[str]) -> Understood:
    """The pictures that Ebay_train.txt and Ebay_test.txt list: `image_id class_id super_class_id path`.

    Raises:
        FsimError: a file is missing or cannot be read.
    """
    found, ignored = there(_listed(root), pictures, f"in neither {' nor '.join(FILES.values())}")
    how = (
        f"the split is train in {FILES['train']} and test in {FILES['test']}, of other items",
        "the item is the class_id, the category is the folder of the super class",
    )
    return Understood("sop", how, found, ignored)


def _listed(root: Path) -> Iterator[Picture]:
    for split, file in FILES.items():
        for _, item, _, image in read_columns(root / file, 4, header=True):
            yield Picture(image, split, PurePosixPath(image).parent.name.removesuffix("_final"), item)
