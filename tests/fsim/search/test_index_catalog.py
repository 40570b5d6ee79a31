"""Which images an index is made of."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from fsim.errors import FsimError
from fsim.interfaces import Catalog
from fsim.search.index_catalog import catalog_of_source, only_new, only_splits, rows_named

from .made_index import opened, vectors


def names(catalog: Catalog) -> list[str]:
    return [Path(name).name for name in catalog.frame["image"]]


def test_loose_pictures_have_the_category_of_their_folder(tmp_path: Path) -> None:
    for name in ("a.jpg", "hats/b.png", "hats/red/c.jpg", "hats/notes.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    catalog = catalog_of_source(str(tmp_path), None)
    assert dict(zip(names(catalog), catalog.frame["category"], strict=True)) == {
        "a.jpg": "",
        "b.png": "hats",
        "c.jpg": "red",
    }
    assert set(catalog.frame["split"]) == {"gallery"}


def test_a_folder_of_splits_is_read_as_one(pictures: Path) -> None:
    catalog = catalog_of_source(str(pictures), None)
    assert set(catalog.frame["split"]) == {"train", "val"} and len(catalog.frame) == 36
    assert len(only_splits(catalog, "val", "pictures").frame) == 12
    assert len(only_splits(catalog, "train+val", "pictures").frame) == 36
    with pytest.raises(FsimError, match=r"--split vall: pictures has no split 'vall' \(did you mean 'val'\?\)"):
        only_splits(catalog, "vall", "pictures")


def test_only_images_that_an_index_lacks_are_new(tmp_path: Path) -> None:
    index = opened(vectors(3))
    index.images.columns["image"][:] = [str(tmp_path / f"{row}.jpg") for row in range(3)]
    catalog = Catalog.of({"image": ["1.jpg", "7.jpg", "2.jpg", "9.jpg"]}, tmp_path)
    assert names(only_new(catalog, index)) == ["7.jpg", "9.jpg"]
    with pytest.raises(FsimError, match="has all of these images already"):
        only_new(catalog.take(np.array([0, 2])), index)


def test_images_are_named_by_id_or_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    index = opened(vectors(3))
    index.images.columns["image"][2] = str(tmp_path / "c.jpg")
    monkeypatch.chdir(tmp_path)
    assert rows_named(index, ["1", "0.jpg", "c.jpg"]).tolist() == [1, 0, 2]
    with pytest.raises(FsimError, match="has no image '99'"):
        rows_named(index, ["99"])
