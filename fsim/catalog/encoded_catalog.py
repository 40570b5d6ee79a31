"""A dataset's catalog, checked and encoded: names become numbers, and splits become rows."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from fsim.errors import FsimError, nearest
from fsim.functional.labels.attribute_labels import AttributeLabels
from fsim.functional.text.captions import captions_of
from fsim.interfaces import CATALOG_COLUMNS, Catalog, Dataset, IntArray, Label

SPLITS = ("train", "val", "test", "query", "gallery")
UNKNOWN = -1


@dataclass(frozen=True)
class EncodedCatalog:
    """A catalog with its labels as numbers. Categories are numbered in the order of their names, items likewise."""

    catalog: Catalog
    category_names: list[str]
    categories: IntArray  # [N], -1 where unknown
    items: IntArray  # [N], -1 where unknown
    usable: np.ndarray[tuple[int], np.dtype[np.bool_]]  # [N], False for damaged images

    @cached_property
    def attributes(self) -> AttributeLabels:
        """The attributes as a matrix, [N, A]."""
        return self.catalog.attribute_labels()

    def attributes_for(self, asks: str, rows: IntArray, whose: str) -> AttributeLabels:
        """Return the attributes of the whole catalog, for the component `asks`.

        Raises:
            FsimError: of the images in these rows, which are `whose`, no attribute is known.
        """
        if not self.attributes.values[rows].any():
            raise FsimError(
                f"{asks} needs attributes, and the dataset gives none of the images of '{whose}': take a dataset that "
                f"has them (some read them only if asked to: fsim describe dataset NAME), or leave {asks} out"
            )
        return self.attributes

    @cached_property
    def _captions(self) -> list[list[str]]:
        return self.catalog.captions()

    def captions(self, rows: IntArray) -> list[list[str]]:
        """The captions of some rows, none or several of each."""
        return [self._captions[row] for row in rows]

    def captions_for(self, asks: str, rows: IntArray, whose: str) -> list[list[str]]:
        """The captions of the images in these rows, which are `whose`, for the component `asks`.

        Raises:
            FsimError: none of them has one.
        """
        captions = self.captions(rows)
        if not any(captions):
            raise FsimError(
                f"{asks} needs captions, and the dataset gives none of the images of '{whose}': take a dataset that "
                f"has them (a table with a column `caption`, say), or leave {asks} out"
            )
        return captions

    def rows(self, splits: str) -> IntArray:
        """Catalog rows of a split, or of several joined by `+`; damaged images are left out.

        Raises:
            FsimError: no image of that split.
        """
        there = sorted(self.catalog.frame["split"].unique())
        for split in splits.split("+"):
            if split not in there:
                raise FsimError(f"the catalog has no split '{split}'{nearest(split, there)}")
        return np.flatnonzero(self.catalog.frame["split"].isin(splits.split("+")).to_numpy() & self.usable)

    def labels(self, label: Label) -> IntArray:
        """[N] categories or items."""
        return self.categories if label == "category" else self.items

    def label_names(self, label: Label, rows: IntArray) -> list[str]:
        """The names of the categories, or the ids of the items, of some rows; "" where unknown."""
        named = zip(self.catalog.frame[label].to_numpy()[rows], self.labels(label)[rows], strict=True)
        return [str(name) if number >= 0 else "" for name, number in named]

    def names(self, rows: IntArray) -> list[str]:
        """The column `image` of some rows."""
        return [str(name) for name in self.catalog.frame["image"].to_numpy()[rows]]

    def fingerprint(self, rows: IntArray) -> str:
        """A hash of which images these are and how they are labelled."""
        columns = self.catalog.frame.iloc[rows][["image", "category", "item"]].astype(str)
        return hashlib.sha256(columns.to_csv(index=False).encode()).hexdigest()[:16]

    def attributes_fingerprint(self, rows: IntArray) -> str:
        """A hash of which attributes there are and which of these images have them."""
        names = json.dumps([self.attributes.types, self.attributes.names])
        return hashlib.sha256(names.encode() + self.attributes.values[rows].tobytes()).hexdigest()[:16]

    def captions_fingerprint(self, rows: IntArray) -> str:
        """A hash of the captions of these images."""
        return hashlib.sha256(json.dumps(self.captions(rows)).encode()).hexdigest()[:16]


def load_catalog(dataset: Dataset) -> Catalog:
    """Load a dataset's catalog, and check it against the contract.

    Raises:
        FsimError: a column is missing, an image stands there twice, a split has an unknown name, or a caption is none.
    """
    catalog = dataset.load()
    frame = catalog.frame
    missing = [column for column in CATALOG_COLUMNS if column not in frame]
    if missing:
        raise FsimError(f"the dataset's catalog lacks the columns {', '.join(missing)}; build it with Catalog.of(...)")
    twice = frame["image"][frame["image"].duplicated()]
    if len(twice):
        raise FsimError(
            f"{len(twice)} images stand in the catalog more than once (first: {twice.iloc[0]}); keep one row"
        )
    wrong = set(frame["split"]) - set(SPLITS)
    if wrong:
        raise FsimError(f"unknown split '{min(wrong)}' in the catalog; valid: {', '.join(SPLITS)}")
    for image, value in zip(frame["image"], frame["caption"], strict=True):
        try:
            captions_of(value)
        except ValueError as error:
            raise FsimError(f"the caption of {image} is {value!r} ({error}); fix the dataset") from error
    return catalog


def encode(catalog: Catalog, usable: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> EncodedCatalog:
    """Number the categories and items of a catalog."""
    category_names, categories = _numbers(catalog.frame["category"])
    _, items = _numbers(catalog.frame["item"])
    return EncodedCatalog(catalog, category_names, categories, items, usable)


def _numbers(column: pd.Series) -> tuple[list[str], IntArray]:
    text = column.astype(object)
    numbers, names = pd.factorize(text.where(text != ""), sort=True)  # -1 for what is missing
    return [str(name) for name in names], numbers.astype(np.int64)
