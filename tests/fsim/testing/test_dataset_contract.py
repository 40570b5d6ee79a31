"""The suite for plugin authors finds the mistakes that it is for."""

from __future__ import annotations

from pathlib import Path

import pytest

from fsim.interfaces import Catalog, Dataset
from fsim.testing.dataset_contract import DatasetContract


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
