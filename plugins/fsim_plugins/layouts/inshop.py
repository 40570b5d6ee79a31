"""DeepFashion's In-shop Clothes Retrieval by its paths: `img/WOMEN/Dresses/id_00000002/02_1_front.jpg`.

Liu, Luo, Qiu, Wang and Tang, "DeepFashion", CVPR 2016. What its annotation files say besides is read by the dataset
`deepfashion_inshop`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from fsim.interfaces import FolderReading, ListedPicture
from fsim.interfaces.layout import split_by_presence
from fsim_plugins.layouts.listing import bad_line, read_lines

PATH = re.compile(r"(?:.*/)?(?:WOMEN|MEN)/(?P<category>[^/]+)/(?P<item>id_\d+)/[^/]+")
PARTITIONS = (  # the last two where the folder is Img or Img/img
    "Eval/list_eval_partition.txt",
    "list_eval_partition.txt",
    "Anno/list_eval_partition.txt",
    "../Eval/list_eval_partition.txt",
    "../../Eval/list_eval_partition.txt",
)
STATUSES = ("train", "query", "gallery")
PREFIXES = ("", "Img/", "images/")  # the folders that img lies in


class Inshop:
    """DeepFashion's In-shop by its paths `WOMEN/Dresses/id_00000002/02_1_front.jpg`: items and categories by folder;
    train, query and gallery by list_eval_partition.txt, where that file is there."""

    def fits(self, root: Path, pictures: Sequence[str]) -> bool:
        """Whether at least half of the pictures have such paths."""
        return bool(pictures) and 2 * sum(PATH.fullmatch(image) is not None for image in pictures) >= len(pictures)

    def read(self, root: Path, pictures: Sequence[str]) -> FolderReading:
        """Read items and categories, and the partition.

        Raises:
            FsimError: list_eval_partition.txt cannot be read.
        """
        category = "the category is the folder of the kind of clothes, the item the folder id_..."
        more = "boxes, attributes and captions: fsim data meta DIR --dataset deepfashion_inshop"
        partition = next((file for name in PARTITIONS if (file := root / name).is_file()), None)
        if partition is None:
            found, ignored = [], []
            for image in pictures:
                match = PATH.fullmatch(image)
                if match is None:
                    ignored.append((image, "no path such as WOMEN/Dresses/id_00000002/02_1_front.jpg"))
                else:
                    found.append(ListedPicture(image, category=match["category"], item=match["item"]))
            return FolderReading("inshop", (category, f"no {PARTITIONS[0]}, so no splits"), found, ignored)
        start = "img/" if partition == root / PARTITIONS[-1] else ""  # of the listed paths, where the folder is it
        listed = [picture._replace(image=picture.image.removeprefix(start)) for picture in _listed(partition)]
        on_disk = set(pictures)
        prefix = next((one for one in PREFIXES if any(one + picture.image in on_disk for picture in listed)), "")
        listed = [picture._replace(image=prefix + picture.image) for picture in listed]
        notes = (f"the split and the item are those of {partition.relative_to(root)}", category, more)
        return FolderReading(
            "inshop", notes, *split_by_presence(listed, pictures, f"not in {partition.relative_to(root)}")
        )


def _listed(file: Path) -> Iterator[ListedPicture]:
    for number, line in enumerate(read_lines(file), start=1):
        row = line.rsplit(None, 2)
        if not line or (number <= 2 and (len(row) != 3 or row[2] not in STATUSES)):  # the count, the names of columns
            continue
        match = PATH.fullmatch(row[0])
        if len(row) != 3 or row[2] not in STATUSES or match is None:
            raise bad_line(file, number, line, f"a path of In-shop, an item and {', '.join(STATUSES)}")
        image, item, split = row
        yield ListedPicture(image, split, match["category"], item)
