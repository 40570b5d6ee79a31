"""The figures of a small catalog, counted by hand and by slow loops."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from fsim.catalog.statistics.data_statistics import count_catalog, data_statistics
from fsim.catalog.statistics.image_survey import survey_images
from fsim.catalog.statistics.statistics_page import statistics_page, statistics_tables
from fsim.errors import FsimError
from fsim.interfaces import Catalog

ROWS: list[dict[str, Any]] = [
    {"split": "train", "category": "hat", "item": "a", "attributes": {"colour": "red", "soft": True}},
    {
        "split": "train",
        "category": "hat",
        "item": "a",
        "attributes": {"colour": "red"},
        "caption": ["a red hat", "hat"],
    },
    {"split": "val", "category": "hat", "item": "a", "attributes": {"colour": ["red", "blue"]}, "caption": "hat"},
    {"split": "val", "category": "shoe", "item": "b", "attributes": {"colour": "", "soft": False}},
    {"split": "train", "category": "shoe", "item": "c", "attributes": {"colour": "blue"}, "box": (0, 0, 2, 4)},
    {"split": "test", "category": "", "item": "", "caption": "hat"},
]


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    columns: dict[str, list[Any]] = {"image": [f"{number}" for number in range(len(ROWS))]}
    for name, empty in (
        ("split", ""),
        ("category", ""),
        ("item", ""),
        ("box", None),
        ("attributes", {}),
        ("caption", ""),
    ):
        columns[name] = [row.get(name, empty) for row in ROWS]
    pixels = np.random.default_rng(0).integers(0, 256, (len(ROWS), 4, 8, 3), np.uint8)
    return Catalog.of(columns, Path(), pixels=pixels)


def test_counts(catalog: Catalog) -> None:
    assert count_catalog(catalog) == {
        "images": 6,
        "splits": {"train": 3, "val": 2, "test": 1},
        "categories": {"hat": {"train": 2, "val": 1}, "shoe": {"train": 1, "val": 1}, "": {"test": 1}},
        "items": {
            "number": 3,
            "images": 5,
            "images_per_item": {"min": 1, "median": 1.0, "max": 3},
            "of_one_image": 2,
            "in_several_splits": 1,
            "splits": {"train": 2, "val": 2},
        },
        "attributes": {
            "colour": {"values": 2, "known": 4, "coverage": 4 / 6, "images": {"red": 3, "blue": 2}},
            "soft": {"values": 1, "known": 2, "coverage": 2 / 6, "images": {"soft": 1}},
        },
        "boxes": {"images": 1},
        "captions": {"images": 3, "number": 4, "different": 2, "words": {"min": 1, "median": 1.0, "max": 3}},
    }


def oracle(catalog: Catalog, rows: list[int]) -> dict[str, Any]:
    values: list[list[int]] = []
    for row in rows:
        x1, y1, x2, y2 = catalog.frame["box"][row] or (0, 0, 8, 4)
        for y, x in itertools.product(range(y1, y2), range(x1, x2)):
            values.append(catalog.pixels[row, y, x].tolist())  # type: ignore[index]
    scaled = np.array(values) / 255
    return {"mean": scaled.mean(axis=0).tolist(), "std": scaled.std(axis=0).tolist(), "images": len(rows)}


def close(one: dict[str, Any], other: dict[str, Any]) -> bool:
    return all(np.allclose(one[key], other[key], rtol=1e-12) for key in ("mean", "std", "images"))


@pytest.mark.parametrize(
    ("split", "chosen", "rows"),
    [
        (None, "train", [0, 1, 4]),
        ("val", "val", [2, 3]),
        ("train+test", "train+test", [0, 1, 4, 5]),
        ("all", "all", [*range(6)]),
    ],
)
def test_colours_of_splits_and_categories(catalog: Catalog, split: str | None, chosen: str, rows: list[int]) -> None:
    found = data_statistics(catalog, survey_images(catalog), split, None)
    assert found["channels_of"]["split"] == chosen
    assert found["channels_of"]["pixels"] == sum(8 if row == 4 else 32 for row in rows)
    assert close({**found, "images": found["channels_of"]["images"]}, oracle(catalog, rows))
    for category in ("hat", "shoe", ""):
        of = [row for row in rows if ROWS[row]["category"] == category]
        assert category in found["per_category"] if of else category not in found["per_category"]
        assert not of or close(found["per_category"][category], oracle(catalog, of))
    for name, of in (("train", [0, 1, 4]), ("val", [2, 3]), ("test", [5])):
        assert close(found["per_split"][name], oracle(catalog, of)), "whatever the split"
    assert found["boxes"] == {"images": 1, "covered": {"min": 0.25, "median": 0.25, "max": 0.25}, "beyond": 0}
    assert found["sizes"]["most_frequent"] == [{"width": 8, "height": 4, "images": 6}]
    assert json.loads(json.dumps(found)) == found


def test_a_catalog_without_train_is_taken_whole(catalog: Catalog) -> None:
    few = catalog.take(np.array([2, 3, 5]))
    assert data_statistics(few, survey_images(few), None, None)["channels_of"]["split"] == "all"


def test_mistakes(catalog: Catalog, pictures: Path) -> None:
    survey = survey_images(catalog)
    with pytest.raises(FsimError, match=r"no split 'trian' \(did you mean 'train'"):
        data_statistics(catalog, survey, "val+trian", None)
    missing = Catalog.of({"image": ["gone.jpg"]}, pictures)
    with pytest.raises(FsimError, match=r"gone\.jpg: no such file"):
        data_statistics(missing, survey_images(missing), None, None)


def test_boxes_beyond_the_picture(catalog: Catalog, pictures: Path) -> None:
    boxes = [(1, 1, 2000, 2000), (0, 0, 9, 5), (-2, 0, 5, 4), None, None, None]
    wrong = replace(catalog, frame=catalog.frame.assign(box=pd.Series(boxes, dtype=object)))
    assert data_statistics(wrong, survey_images(wrong), None, None)["boxes"]["beyond"] == 2
    outside = replace(catalog, frame=catalog.frame.assign(box=pd.Series([(50, 50, 60, 60)] * 6, dtype=object)))
    with pytest.raises(FsimError, match=r"can be used \(.*holds no pixel.*where boxes hold no pixel, fix them"):
        data_statistics(outside, survey_images(outside), None, None)


def test_little_is_known(tmp_path: Path) -> None:
    """No category, item, attribute or caption, and one damaged image: what is not there is left out."""
    catalog = Catalog.of({"image": ["a", "b"], "box": [None, (9, 9, 10, 10)]}, Path(), np.zeros((2, 4, 4), np.uint8))
    survey = survey_images(catalog)
    found = data_statistics(catalog, survey, None, None)
    assert found["std"] == [0.0] * 3 and list(found["damaged"]) == ["b"] and found["images"] == 2
    assert "attributes" not in statistics_tables(found, 3)
    statistics_page("little", catalog, survey, found).write(tmp_path / "page.html")
    text = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert "(unknown): 2 images" in text and "box holds no pixel" in text and text.count("<figure>") == 2


def test_the_page_shows_every_category(catalog: Catalog, tmp_path: Path) -> None:
    survey = survey_images(catalog)
    found = data_statistics(catalog, survey, None, None)
    statistics_page("all", catalog, survey, found).write(tmp_path / "page.html")
    text = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert all(title in text for title in ("hat: 3 images", "shoe: 2 images", "(unknown): 1 images"))
    assert text.count("data:image/jpeg") == 6 and text.count("data:image/svg") == 3
