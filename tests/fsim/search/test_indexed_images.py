from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fsim.errors import FsimError
from fsim.interfaces import Catalog
from fsim.search.index_catalog import catalog_of_index
from fsim.search.indexed_images import NO_IMAGES, IndexedImages

from .made_index import opened, vectors

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


def test_images_are_written_and_ids_are_never_given_twice(tmp_path: Path) -> None:
    images = opened(vectors(5)).images
    fewer = images.take(np.array([0, 3]))
    more = fewer.with_more(Catalog.of({"image": ["new.jpg"], "box": [(1.0, 2.0, 3.0, 4.0)]}, Path()).frame, [b"abc"])
    more.write(tmp_path)
    read = type(images).read(tmp_path)
    assert read.frame["id"].tolist() == ["0", "3", "5"] and read.next_id == 6
    assert [read.thumbnail(row) for row in range(3)] == [b"", b"", b"abc"]
    assert read.box_of("new.jpg") == (1.0, 2.0, 3.0, 4.0) and read.box_of("0.jpg") is None and read.box_of("no") is None
    assert read.frame["box"].tolist() == ["", "", "1 2 3 4"] and read.attributes(1) == {"colour": ["red", "blue"]}
    anew = NO_IMAGES.with_more(Catalog.of({"image": ["other.jpg", "3.jpg"]}, Path()).frame, [b"", b"x"])
    assert anew.with_ids_of(more).frame["id"].tolist() == ["6", "3"] and anew.with_ids_of(more).next_id == 8
    (tmp_path / "thumbnails.bin").write_bytes(b"ab")
    with pytest.raises(FsimError, match="damaged"):
        type(images).read(tmp_path)


def test_filters_name_what_there_is() -> None:
    index = opened(vectors(10))
    assert index.images.matching({}).all()
    assert index.images.matching({"colour": ["blue"]}).tolist() == [row % 2 == 1 for row in range(10)]
    with pytest.raises(FsimError, match=r"no 'categry'.*did you mean 'category'"):
        index.images.matching({"categry": ["hat"]})
    with pytest.raises(FsimError, match=r"no image has category=hats.*did you mean 'hat'"):
        index.images.matching({"category": ["hats"]})
