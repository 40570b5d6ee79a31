"""The attributes of a benchmark: their names and types, and which image or item has which."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from fsim.functional.labels.attribute_labels import AttributeLabels
from fsim_plugins.deepfashion.annotation_file import read_rows, trailing
from fsim_plugins.deepfashion.attribute_file import read_attribute_file
from fsim_plugins.deepfashion.joining import looked_up_labels

TYPES = ("texture", "fabric", "shape", "part", "style")  # 1 to 5
FINE_TYPES = ("texture", "sleeve", "length", "neckline", "fabric", "fit")  # 1 to 6 of the 26 attributes
UNTYPED = "attribute"


def read_attribute_names(file: Path, types: Sequence[str] = TYPES) -> tuple[list[str], list[str]]:
    """Names and types of the attributes that a list_attr_cloth.txt lists. In-shop's gives no types."""
    lines = [line for (line,) in read_rows(file, lambda line: [line], 1)]
    cut = [trailing(2)(line) for line in lines]
    if all(len(row) == 2 and row[1] in map(str, range(1, len(types) + 1)) for row in cut):
        return [name for name, _ in cut], [types[int(number) - 1] for _, number in cut]
    return lines, [UNTYPED] * len(lines)


def read_attributes(names_file: Path, labels_file: Path, images: Sequence[str]) -> AttributeLabels:
    """The attributes of images, or of whatever the labels' file names.

    Raises:
        FsimError: a file can't be read, or has not what the other says.
    """
    names, types = read_attribute_names(names_file)
    known, labels = read_attribute_file(labels_file, len(names))
    return AttributeLabels(names, types, looked_up_labels(labels_file, images, known, labels))
