from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from fsim.catalog.encoded_catalog import encode, load_catalog
from fsim.errors import FsimError
from fsim.interfaces import CATALOG_COLUMNS, Catalog


class Given:
    """A dataset of the columns that a test gives."""

    def __init__(self, **columns: list[object]) -> None:
        self.catalog = Catalog.of(columns, Path())

    def load(self) -> Catalog:
        return self.catalog


def encoded(**columns: list[object]) -> object:
    catalog = load_catalog(Given(**columns))
    return encode(catalog, np.ones(len(catalog.frame), dtype=bool))


def test_missing_columns_are_filled_with_unknown() -> None:
    frame = load_catalog(Given(image=["a", "b"])).frame
    assert tuple(frame.columns) == CATALOG_COLUMNS
    assert frame.iloc[0].tolist() == ["a", "train", "", "", None, {}, ""]


def test_labels_are_numbered_by_name_and_unknown_is_minus_one() -> None:
    catalog = encoded(image=list("abcd"), category=["hat", "bag", "", "hat"], item=["7", "", "5", "7"])
    assert catalog.category_names == ["bag", "hat"]
    assert catalog.categories.tolist() == [1, 0, -1, 1]
    assert catalog.items.tolist() == [1, -1, 0, 1]
    assert catalog.labels("item") is catalog.items


def test_rows_of_splits_leave_out_damaged_images() -> None:
    catalog = encoded(image=list("abcd"), split=["train", "val", "train", "test"])
    assert catalog.rows("train").tolist() == [0, 2]
    assert catalog.rows("val+test").tolist() == [1, 3]
    catalog.usable[0] = False
    assert catalog.rows("train").tolist() == [2]
    with pytest.raises(FsimError, match=r"no split 'tset'.*did you mean 'test'"):
        catalog.rows("train+tset")


def test_the_fingerprint_is_of_images_and_labels() -> None:
    one = encoded(image=list("ab"), category=["x", "y"])
    same = encoded(image=list("abc"), category=["x", "y", "z"])
    other = encoded(image=list("ab"), category=["x", "x"])
    rows = np.array([0, 1])
    assert one.fingerprint(rows) == same.fingerprint(rows) != other.fingerprint(rows)


def test_the_fingerprint_of_captions_is_of_captions_alone() -> None:
    one = encoded(image=list("ab"), caption=["x", ["y", "z"]])
    same = encoded(image=list("cd"), caption=[["x"], ("y", "z")])
    other = encoded(image=list("ab"), caption=["x", "y, z"])
    rows = np.array([0, 1])
    assert one.captions_fingerprint(rows) == same.captions_fingerprint(rows) != other.captions_fingerprint(rows)


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ({"image": ["a", "a"]}, "more than once .first: a"),
        ({"image": ["a"], "split": ["trian"]}, "unknown split 'trian'"),
        ({"image": ["a", "b"], "caption": ["x", 5]}, "the caption of b is 5"),
    ],
)
def test_a_catalog_that_breaks_its_contract_is_told(columns: dict[str, list[object]], words: str) -> None:
    with pytest.raises(FsimError, match=words):
        load_catalog(Given(**columns))


def test_columns_of_a_table_are_taken_by_position() -> None:
    table = pd.DataFrame({"image": ["a", "b", "c"], "category": ["x", "y", "z"]}).iloc[1:]
    frame = Catalog.of({"image": table["image"], "category": table["category"]}, Path()).frame
    assert frame[["image", "category", "split"]].to_numpy().tolist() == [["b", "y", "train"], ["c", "z", "train"]]
