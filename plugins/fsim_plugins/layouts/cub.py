"""Caltech-UCSD Birds-200-2011.

Wah, Branson, Welinder, Perona and Belongie, Caltech technical report CNS-TR-2011-001: 11,788 pictures of 200 species.
In metric learning the first 100 classes are learned from (5,864 pictures) and the other 100 retrieved (5,924): Oh Song,
Xiang, Jegelka and Savarese, "Deep metric learning via lifted structured feature embedding", CVPR 2016, section 6.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from fsim.errors import FsimError
from fsim.functional.pictures.box_formats import Box, box_from
from fsim.interfaces import FolderReading, ListedPicture
from fsim.interfaces.layout import split_by_presence
from fsim_plugins.layouts.listing import read_columns

IMAGES, LABELS, CLASSES = "images.txt", "image_class_labels.txt", "classes.txt"
BOXES, SPLIT = "bounding_boxes.txt", "train_test_split.txt"
FOLDER = "images"


class Cub:
    """Caltech-UCSD Birds: images.txt, image_class_labels.txt and classes.txt beside the folder images. The category is
    the species.

    Args:
        by_picture: take the split of train_test_split.txt, which has every species in both parts, in place of the split
            by classes of metric learning.
    """

    def __init__(self, by_picture: bool = False) -> None:
        self.by_picture = by_picture

    def fits(self, root: Path, pictures: Sequence[str]) -> bool:
        return all((root / file).is_file() for file in (IMAGES, LABELS, CLASSES))

    def read(self, root: Path, pictures: Sequence[str]) -> FolderReading:
        """Read the pictures that images.txt lists.

        Raises:
            FsimError: a file is missing, cannot be read, or says nothing of a picture that another lists.
        """
        by_picture = self.by_picture
        classes = dict(read_columns(root / CLASSES, 2))
        labels = dict(read_columns(root / LABELS, 2))
        numbers = {label: number for number, label in enumerate(sorted(classes, key=_number), start=1)}
        training = dict(read_columns(root / SPLIT, 2)) if by_picture else {}
        boxes = _boxes(root / BOXES) if (root / BOXES).is_file() else {}
        listed: list[ListedPicture] = []
        for identity, path in read_columns(root / IMAGES, 2):
            label = labels.get(identity, "")
            if label not in classes or (by_picture and identity not in training):
                raise FsimError(
                    f"{root}: {IMAGES} lists {identity} ({path}), of which {LABELS}, {CLASSES} or {SPLIT} says "
                    f"nothing; fetch these files again"
                )
            learned = training[identity] == "1" if by_picture else 2 * numbers[label] <= len(classes)
            category = classes[label].partition(".")[2] or classes[label]
            listed.append(
                ListedPicture(f"{FOLDER}/{path}", "train" if learned else "test", category, box=boxes.get(identity))
            )
        half = len(classes) // 2
        notes = (
            f"the split is that of {SPLIT}, by picture"
            if by_picture
            else f"the split is by category, as in metric learning: the first {half} are train, the other "
            f"{len(classes) - half} test (by_picture=true takes that of {SPLIT})",
            f"the category is the species of {CLASSES}",
            f"{len(boxes):,} boxes of {BOXES} (a recipe takes the whole pictures by data.box: ignore)",
        )
        return FolderReading("cub", notes, *split_by_presence(listed, pictures, f"not in {IMAGES}"))


def _number(label: str) -> tuple[int, str]:
    return (int(label) if label.isdecimal() else 0, label)


def _boxes(file: Path) -> dict[str, Box]:
    boxes = {}
    for identity, *edges in read_columns(file, 5):
        try:
            boxes[identity] = box_from([float(edge) for edge in edges], "xywh")
        except ValueError as error:
            raise FsimError(f"{file}: the box of picture {identity} cannot be read ({error}); fix it") from error
    return boxes
