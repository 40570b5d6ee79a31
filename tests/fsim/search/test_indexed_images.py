from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from fsim.interfaces import Catalog
from fsim.search.index_catalog import catalog_of_index
from fsim.search.indexed_images import NO_IMAGES, IndexedImages

CAPTIONS: list[Any] = ["", "[new] a red hat", ["a red hat", 'a "red"\nhat', "帽子"], ['["a"]']]


def test_captions_are_kept(tmp_path: Path) -> None:
    files = [tmp_path / f"{number}.jpg" for number in range(len(CAPTIONS))]
    for file in files:
        file.touch()
    catalog = Catalog.of({"image": [str(file) for file in files], "caption": CAPTIONS}, tmp_path)
    NO_IMAGES.with_more(catalog.frame, [b""] * len(files)).write(tmp_path)
    read = IndexedImages.read(tmp_path)
    known = [[], ["[new] a red hat"], ["a red hat", 'a "red"\nhat', "帽子"], ['["a"]']]
    assert [read.captions(row) for row in range(len(read))] == known
    assert catalog_of_index(read, tmp_path).captions() == known, "as it is embedded again"
    assert read.take(np.array([2])).captions(0) == known[2]
