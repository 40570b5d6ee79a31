from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from fsim.catalog.encoded_catalog import EncodedCatalog, encode
from fsim.errors import FsimError
from fsim.evaluation.leaks import without_leaks
from fsim.interfaces import Catalog


def _catalog(splits: Sequence[str], root: Path) -> EncodedCatalog:
    names = [f"{row}.jpg" for row in range(len(splits))]
    frame = Catalog.of({"image": names, "split": list(splits), "category": ["c"] * len(splits)}, root=root)
    return encode(frame, np.ones(len(splits), dtype=bool))


def _audit(folder: Path, *leaks: Sequence[int]) -> Path:
    file = folder / "audit.json"
    file.write_text(json.dumps({"leaks": [{"by": "exact", "images": [f"{row}.jpg" for row in of]} for of in leaks]}))
    return file


def _left(catalog: EncodedCatalog, audit: Path, query: str, gallery: str) -> tuple[list[int], list[int]]:
    fair = without_leaks(catalog, audit, catalog.rows(query), catalog.rows(gallery))
    return fair[0].tolist(), fair[1].tolist()


def test_what_was_trained_on_leaves_the_query_and_the_gallery(tmp_path: Path) -> None:
    catalog = _catalog(["train", "query", "query", "gallery", "gallery", "train"], tmp_path)
    audit = _audit(tmp_path, [0, 1], [5, 4])
    assert _left(catalog, audit, "query", "gallery") == ([2], [3])
    assert _left(catalog, audit, "query", "train") == ([2], [0, 5])  # an image of train may answer


def test_a_query_whose_copy_is_in_the_gallery_leaves_and_the_copy_stays(tmp_path: Path) -> None:
    catalog = _catalog(["train", "query", "query", "gallery", "gallery"], tmp_path)
    assert _left(catalog, _audit(tmp_path, [1, 3]), "query", "gallery") == ([2], [3, 4])


def test_of_splits_that_are_not_asked_nothing_leaves(tmp_path: Path) -> None:
    catalog = _catalog(["train", "val", "val", "test"], tmp_path)
    assert _left(catalog, _audit(tmp_path, [1, 3]), "val", "val") == ([1, 2], [1, 2])
    assert _left(catalog, _audit(tmp_path), "val", "val") == ([1, 2], [1, 2])
    assert _left(catalog, _audit(tmp_path, [0, 2]), "val", "val") == ([1], [1])


def test_images_that_the_catalog_lacks_are_passed_over(tmp_path: Path) -> None:
    catalog = _catalog(["train", "val", "val"], tmp_path)
    assert _left(catalog, _audit(tmp_path, [0, 77, 2], [78, 79]), "val", "val") == ([1], [1])


@pytest.mark.parametrize("text", ["", "[1]", "{}", '{"leaks": [{}]}', '{"leaks": 3}', "\xff\xfe"])
def test_a_file_that_is_no_audit_is_told(text: str, tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text(text, encoding="latin-1")
    with pytest.raises(FsimError, match="no audit; write one: fsim data audit"):
        _left(_catalog(["train", "val"], tmp_path), tmp_path / "x.json", "val", "val")


def test_the_audit_of_another_catalog_is_told(tmp_path: Path) -> None:
    with pytest.raises(FsimError, match=r"names no image of this catalog .*77\.jpg"):
        _left(_catalog(["train", "val"], tmp_path), _audit(tmp_path, [77, 78]), "val", "val")


def test_nothing_left_is_told(tmp_path: Path) -> None:
    with pytest.raises(FsimError, match="no image would be left"):
        _left(_catalog(["train", "val"], tmp_path), _audit(tmp_path, [0, 1]), "val", "val")
