"""The built-in datasets of files hold the contract, and one that breaks it is caught."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PIL import Image

from fsim.interfaces import Catalog, Dataset
from fsim.testing.dataset_contract import DatasetContract
from fsim_plugins.datasets.csv import Csv
from fsim_plugins.datasets.folder import Folder
from fsim_plugins.datasets.huggingface import HuggingFace
from fsim_plugins.datasets.jsonl import Jsonl
from fsim_plugins.datasets.parquet import Parquet

IMAGES = ["train/hat/a.png", "train/bag/b.png", "val/hat/c.png"]


def draw(folder: Path) -> None:
    for image in IMAGES:
        (folder / image).parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (40, 30)).save(folder / image)


class TestFolder(DatasetContract):
    def make(self, folder: Path) -> Dataset:
        draw(folder)
        return Folder(folder)


class TestCsv(DatasetContract):
    def make(self, folder: Path) -> Dataset:
        draw(folder)
        (folder / "m.csv").write_text("image,box,item\n" + "".join(f"{image},.1 .1 .5 .5,7\n" for image in IMAGES))
        return Csv(folder / "m.csv", box_format="relative_xywh")


class TestJsonl(DatasetContract):
    def make(self, folder: Path) -> Dataset:
        draw(folder)
        rows = [{"image": image, "box": [1, 2, 30, 20], "attributes": ["red"], "category": None} for image in IMAGES]
        (folder / "m.jsonl").write_text("\n".join(map(json.dumps, rows)))
        return Jsonl(folder / "m.jsonl")


class TestParquet(DatasetContract):
    def make(self, folder: Path) -> Dataset:
        pyarrow = pytest.importorskip("pyarrow")
        from pyarrow import parquet

        draw(folder)
        rows = {"image": IMAGES, "box": [[1, 2, 30, 20]] * 3, "attributes": [{"colour": "red"}] * 3, "item": [1, 2, 3]}
        parquet.write_table(pyarrow.table(rows), folder / "m.parquet")
        return Parquet(folder / "m.parquet")


class TestHuggingFace(DatasetContract):
    def make(self, folder: Path) -> Dataset:
        datasets = pytest.importorskip("datasets")
        draw(folder)
        rows = {"image": [{"bytes": (folder / image).read_bytes(), "path": None} for image in IMAGES]}
        features = datasets.Features({"image": datasets.Image()})
        datasets.Dataset.from_dict(rows, features).save_to_disk(str(folder / "saved"))
        return HuggingFace(folder / "cache", folder / "saved")


class Broken:
    def load(self) -> Catalog:
        return Catalog.of({"image": ["a.png"], "item": [7], "box": [(3, 2, 1, 4)]}, Path("here"))


def test_a_broken_dataset_is_caught(tmp_path: Path) -> None:
    class Contract(DatasetContract):
        def make(self, folder: Path) -> Dataset:
            return Broken()

    for test in ("test_its_catalog_is_sound", "test_boxes_hold_something", "test_every_image_is_there"):
        with pytest.raises(AssertionError):
            getattr(Contract(), test)(tmp_path)
