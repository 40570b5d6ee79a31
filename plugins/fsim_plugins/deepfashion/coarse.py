"""The annotations of all pictures of the Category and Attribute benchmark: `Anno`, or `Anno_coarse`."""

from __future__ import annotations

from collections.abc import Sequence

from fsim.functional.labels.attribute_labels import AttributeLabels
from fsim_plugins.deepfashion.annotation_file import read_rows, trailing
from fsim_plugins.deepfashion.attributes import read_attributes
from fsim_plugins.deepfashion.categories import category_names, named_category
from fsim_plugins.deepfashion.joining import Box, boxes, by_name, looked_up
from fsim_plugins.deepfashion.landmarks import variations
from fsim_plugins.deepfashion.layout import COARSE, PARTITION, Layout
from fsim_plugins.deepfashion.partition import require_parts

SPLITS = ("train", "val", "test")


class Coarse:
    """289,222 pictures with 50 categories and 1000 attributes. `splits`: image -> train, val or test."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        file = layout.require("list_eval_partition.txt", PARTITION)
        self.splits = {image: split for image, (split,) in by_name(file, read_rows(file, trailing(2), 2)).items()}
        require_parts(file, self.splits.items(), SPLITS)

    def categories(self, images: Sequence[str]) -> list[str]:
        """The category of each image; "" where the files do not say."""
        names = category_names(self.layout, COARSE)
        file = self.layout.require("list_category_img.txt")
        found = by_name(file, read_rows(file, trailing(2), 2))
        numbers = looked_up(file, images, {image: number for image, (number,) in found.items()}, "")
        return [named_category(file, names, number) for number in numbers]

    def boxes(self, images: Sequence[str]) -> list[Box | None]:
        """The box of each image."""
        file = self.layout.require("list_bbox.txt")
        return boxes(file, images, by_name(file, read_rows(file, trailing(5), 5)))

    def attributes(self, images: Sequence[str]) -> AttributeLabels:
        """The attributes of each image."""
        require = self.layout.require
        return read_attributes(require("list_attr_cloth.txt"), require("list_attr_img.txt"), images)

    def variations(self, images: Sequence[str]) -> list[dict[str, str]]:
        """The variation of each image, where the release has landmarks."""
        return variations(self.layout.find("list_landmarks.txt"), images)
