"""A catalog that was written is read again as it was, wherever its file lies."""

from __future__ import annotations

from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from fsim.catalog.catalog_file import write_catalog
from fsim.catalog.source import open_source
from fsim.errors import FsimError
from fsim.functional.labels.attribute_labels import AttributeLabels
from fsim.interfaces import Catalog
from fsim_plugins.datasets.garments import FEWEST, Garments
from fsim_plugins.garments.layouts import write_layout


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


@pytest.mark.parametrize("ending", ["csv", "jsonl", "parquet"])
@pytest.mark.parametrize(
    "source", ["deepfashion_category", "deepfashion_inshop", "deepfashion_consumer2shop", "garments"]
)
def test_attributes_are_read_as_they_were(source: str, ending: str, tmp_path: Path, cache: Path) -> None:
    if ending == "parquet":
        pytest.importorskip("pyarrow")
    garments = Garments(items=FEWEST, views=3, cache_dir=cache).load()
    if source == "garments":
        written = garments
    else:
        write_layout(garments, tmp_path, source)
        written = open_source(str(tmp_path), source)
    file = tmp_path / f"table.{ending}"
    write_catalog(written, file)
    read = open_source(str(file))
    labels, known = read.attribute_labels(), written.attribute_labels()
    assert (labels.names, labels.types) == (known.names, known.types)
    assert labels.values.dtype == np.int8 and np.array_equal(labels.values, known.values)
    assert read.frame["attributes"].tolist() == written.frame["attributes"].tolist()
    assert read.captions() == written.captions()


@settings(max_examples=40, deadline=None)
@given(st.lists(st.lists(st.text(), max_size=3), min_size=1, max_size=3))
@example([["[new] red dress"], ['["a", "b"]'], ["[]", "[", '"']])
@example([["a \r b"], ["a \r\n b"], ["\ufeff"], ["\x00"], [",;\t"]])
@example([[], ["赤いドレス 👗", "a\n'b'"], []])
def test_captions_are_read_as_they_were(captions: list[list[str]]) -> None:
    columns = {"image": [f"{row}.jpg" for row in range(len(captions))], "caption": captions}
    with TemporaryDirectory() as folder:
        written = Catalog.of(columns, Path(folder))
        for ending in ("csv", "jsonl", *(["parquet"] if find_spec("pyarrow") else [])):
            file = Path(folder) / f"table.{ending}"
            write_catalog(written, file)
            assert open_source(str(file)).captions() == written.captions(), ending


def labelled(root: Path) -> Catalog:
    values = np.array([[1, 0, -1], [0, 0, -1]], np.int8)
    labels = AttributeLabels(["striped", "dotted", "torn"], ["pattern", "pattern", "state"], values)
    return replace(catalog(root), labelled=labels)


def test_labels_hold_for_rows_as_they_were_written(tmp_path: Path) -> None:
    file = tmp_path / "metadata.csv"
    write_catalog(labelled(tmp_path), file)
    table = pd.read_csv(file, dtype=str, keep_default_na=False)
    table[::-1].to_csv(file, index=False)
    assert open_source(str(file)).attribute_labels().values.tolist() == [[0, 0, -1], [1, 0, -1]], "sorted otherwise"
    table[1:].to_csv(file, index=False)
    assert open_source(str(file)).attribute_labels().values.tolist() == [[0, 0, -1]], "some of the rows"
    table.assign(attributes='{"pattern": "dotted"}').to_csv(file, index=False)
    with pytest.raises(
        FsimError, match=r"of another table: 2 of 2 rows .*first: img/a, b.jpg.*remove metadata.csv.attr"
    ):
        open_source(str(file))
    (tmp_path / "metadata.csv.attributes.npz").write_bytes(b"PK")
    with pytest.raises(FsimError, match=r"cannot read .*metadata.csv.attributes.npz"):
        open_source(str(file))


def test_labels_of_another_catalog_do_not_stay(tmp_path: Path) -> None:
    write_catalog(labelled(tmp_path), tmp_path / "metadata.csv")
    (tmp_path / "metadata.csv").unlink()
    with pytest.raises(FsimError, match=r"attributes.npz is there already"):
        write_catalog(catalog(tmp_path), tmp_path / "metadata.csv")
    write_catalog(catalog(tmp_path), tmp_path / "metadata.csv", overwrite=True)
    assert not (tmp_path / "metadata.csv.attributes.npz").exists()


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
