from __future__ import annotations

import json
import os
import struct
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fsim.interfaces import Dataset
from fsim.testing.dataset_contract import DatasetContract
from fsim_plugins.datasets.csv import Csv
from fsim_plugins.datasets.deepfashion_category import DeepFashionCategory
from fsim_plugins.datasets.deepfashion_consumer2shop import DeepFashionConsumer2shop
from fsim_plugins.datasets.deepfashion_inshop import DeepFashionInshop
from fsim_plugins.datasets.fashion_mnist import RAW, FashionMnist
from fsim_plugins.datasets.folder import Folder
from fsim_plugins.datasets.garments import FEWEST, Garments
from fsim_plugins.datasets.huggingface import HuggingFace
from fsim_plugins.datasets.jsonl import Jsonl
from fsim_plugins.datasets.parquet import Parquet
from fsim_plugins.garments.layouts import write_layout

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


def garments() -> Garments:
    """Drawn once for all tests."""
    return Garments(items=FEWEST, views=2, cache_dir=Path(os.environ["FSIM_CACHE_DIR"]))


class TestGarments(DatasetContract):
    def make(self, folder: Path) -> Garments:
        return garments()


class TestDeepFashionCategory(DatasetContract):
    def make(self, folder: Path) -> Dataset:
        write_layout(garments().load(), folder, "deepfashion_category")
        return DeepFashionCategory(folder)


class TestDeepFashionInshop(DatasetContract):
    def make(self, folder: Path) -> Dataset:
        write_layout(garments().load(), folder, "deepfashion_inshop")
        return DeepFashionInshop(folder)


class TestDeepFashionConsumer2shop(DatasetContract):
    def make(self, folder: Path) -> Dataset:
        write_layout(garments().load(), folder, "deepfashion_consumer2shop")
        return DeepFashionConsumer2shop(folder)


class TestFashionMnist(DatasetContract):
    def make(self, folder: Path) -> Dataset:
        (folder / RAW).mkdir(parents=True)
        for split, count in (("train", 6), ("t10k", 4)):
            pictures = np.random.default_rng(0).integers(0, 256, (count, 28, 28))
            for content, array in (("images-idx3", pictures), ("labels-idx1", np.arange(count))):
                header = struct.pack(f">BBBB{array.ndim}I", 0, 0, 8, array.ndim, *array.shape)  # 8: uint8
                (folder / RAW / f"{split}-{content}-ubyte").write_bytes(header + array.astype(np.uint8).tobytes())
        return FashionMnist(folder / "cache", folder)
