"""The fine annotations of the newer release of the Category and Attribute benchmark: `Anno_fine`.

Each split has files whose rows belong together by their number: train.txt the images, train_cate.txt their categories,
train_bbox.txt the boxes, train_attr.txt 26 attributes of 1 and 0. They count no rows and name no columns.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from fsim.errors import FsimError
from fsim.functional.labels.attribute_labels import HAS, HAS_NOT, AttributeLabels
from fsim_plugins.deepfashion.annotation_file import read_rows
from fsim_plugins.deepfashion.attributes import FINE_TYPES, read_attribute_names
from fsim_plugins.deepfashion.categories import category_names, named_category
from fsim_plugins.deepfashion.joining import Box, boxes
from fsim_plugins.deepfashion.layout import FINE, Layout

SPLITS = ("train", "val", "test")


class Fine:
    """20,000 pictures with 50 categories and 26 attributes. `splits`: image -> train, val or test.

    Raises:
        FsimError: an image is in two splits.
    """

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.splits: dict[str, str] = {}
        self.counts: dict[str, int] = {}
        for split in SPLITS:
            file = layout.require(f"{split}.txt", FINE)
            rows = read_rows(file, lambda line: [line], 1, counted=False)
            self.counts[split] = len(rows)
            self.splits.update((image, split) for (image,) in rows)
        if sum(self.counts.values()) > len(self.splits):
            raise FsimError(
                f"an image stands twice in {layout.root}'s train.txt, val.txt and test.txt; fetch them again"
            )

    def categories(self, images: Sequence[str]) -> list[str]:
        """The category of each image."""
        names = category_names(self.layout, FINE)
        file = self.layout.require("train_cate.txt", FINE)
        return [named_category(file, names, number) for (number,) in self._rows("cate", 1)]

    def boxes(self, images: Sequence[str]) -> list[Box | None]:
        """The box of each image."""
        file = self.layout.require("train_bbox.txt", FINE)
        return boxes(file, images, dict(zip(images, self._rows("bbox", 4), strict=True)))

    def attributes(self, images: Sequence[str]) -> AttributeLabels:
        """The attributes of each image: 0 means that it has not one; nothing is unknown. Their six types are recalled,
        not read in the source."""
        file = self.layout.require("list_attr_cloth.txt", FINE)
        names, types = read_attribute_names(file, FINE_TYPES)
        rows = self._rows("attr", len(names))
        try:
            values = np.array(rows, np.int8)
        except ValueError as error:
            raise FsimError(f"the labels beside {file} are no numbers ({error}); fetch them again") from error
        return AttributeLabels(names, types, np.where(values > 0, HAS, HAS_NOT).astype(np.int8))

    def variations(self, images: Sequence[str]) -> list[dict[str, str]]:
        """Nothing: the fine landmarks come without a variation."""
        return [{} for _ in images]

    def _rows(self, content: str, num_columns: int) -> list[list[str]]:
        """The rows of <split>_<content>.txt of all splits, in the order of `splits`."""
        found = []
        for split in SPLITS:
            file = self.layout.require(f"{split}_{content}.txt", FINE)
            rows = read_rows(file, str.split, num_columns, counted=False)
            if len(rows) != self.counts[split]:
                raise FsimError(
                    f"{file} has {len(rows)} rows, and {split}.txt names {self.counts[split]} images; fetch both again"
                )
            found += rows
        return found
