"""What every dataset must hold, as tests to inherit. For authors of plugins; needs pytest.

    class TestMyDataset(DatasetContract):
        def make(self, folder: Path) -> Dataset:
            write_my_source(folder)
            return MyDataset(folder)

`folder` is empty, and another for each test.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from fsim.catalog.encoded_catalog import load_catalog
from fsim.interfaces import CATALOG_COLUMNS, Dataset


class DatasetContract:
    """Inherit it, give `make`, and name the class `Test...`."""

    def make(self, folder: Path) -> Dataset:
        """A dataset whose source is in this folder, or needs none."""
        raise NotImplementedError

    def test_its_catalog_is_sound(self, tmp_path: Path) -> None:
        catalog = load_catalog(self.make(tmp_path))  # columns, unique images, splits
        assert len(catalog.frame) > 0
        assert catalog.root.is_absolute(), "another process may have another folder"
        for name in set(CATALOG_COLUMNS) - {"box", "attributes", "caption"}:
            assert all(isinstance(value, str) for value in catalog.frame[name]), f"{name} is text, '' where unknown"
        assert all(isinstance(value, dict) for value in catalog.frame["attributes"])
        assert len(catalog.captions()) == len(catalog.frame), "a text, or a list of texts"

    def test_boxes_hold_something(self, tmp_path: Path) -> None:
        for box in self.make(tmp_path).load().frame["box"]:
            if box is not None:
                x1, y1, x2, y2 = box
                assert x1 < x2
                assert y1 < y2

    def test_every_image_is_there(self, tmp_path: Path) -> None:
        catalog = self.make(tmp_path).load()
        if catalog.pixels is None:
            assert all((catalog.root / image).is_file() for image in catalog.frame["image"])
        else:
            assert len(catalog.pixels) == len(catalog.frame)
            assert catalog.pixels.dtype == "uint8"

    def test_it_gives_the_same_catalog_again(self, tmp_path: Path) -> None:
        dataset = self.make(tmp_path)
        first, second = dataset.load(), dataset.load()
        pd.testing.assert_frame_equal(first.frame, second.frame)
        assert first.root == second.root
