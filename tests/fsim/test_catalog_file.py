"""A catalog that was written is read again as it was, wherever its file lies."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from fsim.catalog_file import write_catalog
from fsim.data_source import open_source
from fsim.errors import FsimError
from fsim.interfaces import Catalog


def catalog(root: Path, name: str = "a, b.jpg") -> Catalog:
    return Catalog.of(
        {
            "image": [f"img/{name}", "img/c.jpg"],
            "split": ["train", "query"],
            "category": ["T-shirt", ""],
            "item": ["0001", "id_2"],
            "box": [(1, 2, 30.5, 40), None],
            "attributes": [{"pattern": ["striped"], "fit": []}, {}],
            "caption": ['a "red" shirt,\nlong', ""],
        },
        root,
    )


@pytest.mark.parametrize("name", ["a, b.jpg", "Größe 圆.jpg"])
@pytest.mark.parametrize("folder", ["", "elsewhere", "data/img"])
@pytest.mark.parametrize("ending", ["csv", "jsonl", "parquet"])
def test_it_is_read_as_it_was(name: str, folder: str, ending: str, tmp_path: Path) -> None:
    if ending == "parquet":
        pytest.importorskip("pyarrow")
    root = tmp_path / "data"
    (root / "img").mkdir(parents=True)
    (tmp_path / folder).mkdir(exist_ok=True)
    file = tmp_path / folder / f"metadata.{ending}"
    written = catalog(root, name)
    write_catalog(written, file)
    read = open_source(str(file))
    columns = ["split", "category", "item", "box", "attributes", "caption"]
    pd.testing.assert_frame_equal(read.frame[columns], written.frame[columns])
    for image, known in zip(read.frame["image"], written.frame["image"], strict=True):
        assert (read.root / image).resolve() == (root / known).resolve()
    if ending == "csv":
        assert pd.read_csv(file)["image"].tolist() == read.frame["image"].tolist(), "pandas reads the column's name"


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    file = tmp_path / "metadata.csv"
    file.write_text("mine")
    with pytest.raises(FsimError, match="there already"):
        write_catalog(catalog(tmp_path), file)
    assert file.read_text() == "mine"
    write_catalog(catalog(tmp_path), file, overwrite=True)
    assert file.read_text().startswith("image,split")


def test_what_cannot_be_written_is_told(tmp_path: Path) -> None:
    with pytest.raises(FsimError, match="make it first"):
        write_catalog(catalog(tmp_path), tmp_path / "no" / "metadata.csv")
    with pytest.raises(FsimError, match=r"ends in none of \.csv"):
        write_catalog(catalog(tmp_path), tmp_path / "m.txt")
    with pytest.raises(FsimError, match="no image files"):
        write_catalog(Catalog.of({"image": ["0"]}, tmp_path, np.zeros((1, 8, 8), np.uint8)), tmp_path / "m.csv")
