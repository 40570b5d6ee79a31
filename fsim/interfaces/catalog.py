"""Data sets: the table of images that each makes of its source."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from fsim.functional.labels.attribute_labels import AttributeLabels, attribute_labels
from fsim.functional.text.captions import captions_of
from fsim.interfaces.arrays import IntArray

if TYPE_CHECKING:
    import pandas as pd

CATALOG_COLUMNS = ("image", "split", "category", "item", "box", "attributes", "caption")


@dataclass(frozen=True)
class Catalog:
    """The table of images: one row an image, columns `CATALOG_COLUMNS`.

    image       path of the file (absolute, or relative to `root`); a unique name where `pixels` is given
    split       train, val, test, query or gallery
    category    name of the category; "" where unknown
    item        id of the physical garment; "" where unknown
    box         (x1, y1, x2, y2) in pixels, the part of the image to use; None for the whole image
    attributes  dict of attribute type to value, or to a list of values; empty where unknown
    caption     a sentence that describes the image, or a list of several; "" where there is none
    """

    frame: pd.DataFrame
    root: Path
    pixels: npt.NDArray[np.uint8] | None = None  # [N, H, W] or [N, H, W, 3]: a source of arrays, not files
    labelled: AttributeLabels | None = None  # the attributes, where the source says of each whether an image has it

    def attribute_labels(self) -> AttributeLabels:
        """The attributes as a matrix: what the source says of each, or what the column `attributes` amounts to."""
        return self.labelled or attribute_labels(self.frame["attributes"].tolist())

    def captions(self) -> list[list[str]]:
        """[N] the captions of each image, none or several."""
        return [captions_of(value) for value in self.frame["caption"]]

    def take(self, rows: IntArray) -> Catalog:
        """The catalog of some rows."""
        return Catalog(
            self.frame.iloc[rows].reset_index(drop=True),
            self.root,
            None if self.pixels is None else self.pixels[rows],
            None if self.labelled is None else self.labelled.take(rows),
        )

    @classmethod
    def of(
        cls,
        columns: Mapping[str, Sequence[Any]],
        root: Path,
        pixels: Any = None,
        labelled: AttributeLabels | None = None,
    ) -> Catalog:
        """A catalog from some of the columns; the others are filled with "unknown"."""
        import pandas as pd

        frame = pd.DataFrame({"image": list(columns["image"])}, dtype=object)
        empty: dict[str, Any] = {"split": "train", "box": None}
        for name in CATALOG_COLUMNS[1:]:
            if name in columns:
                frame[name] = pd.Series(list(columns[name]), dtype=object)  # by position, whatever their index
            else:
                frame[name] = pd.Series(
                    [{} if name == "attributes" else empty.get(name, "")] * len(frame), dtype=object
                )
        return cls(frame, root, pixels, labelled)


@runtime_checkable
class Dataset(Protocol):
    """Turns a source into a catalog. Injected: `cache_dir` (a folder for what is downloaded or made)."""

    # Optional, for one that always has the same pictures: a clause about their licence, for model cards.
    licence: ClassVar[str] = "not stated: ask who made the data set"

    @staticmethod
    def benchmark_in(folder: Path) -> str:
        """Optional, for one that reads a public benchmark: the title of the benchmark that a folder holds, "" where it
        holds none."""
        return ""

    @abstractmethod
    def load(self) -> Catalog:
        """The catalog of the whole source, rows in a stable order. FsimError where the source is missing or unfit."""
        ...
