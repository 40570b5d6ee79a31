"""Lift by a loop over the images; and an order in which chance does not win."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fsim.catalog.statistics.category_attributes import category_marks, images_per_item
from fsim.errors import FsimError
from fsim.interfaces import Catalog


def catalog_of(rows: list[tuple[str, dict[str, Any]]], items: list[str] | None = None) -> Catalog:
    columns: dict[str, list[Any]] = {
        "image": [str(number) for number in range(len(rows))],
        "category": [category for category, _ in rows],
        "attributes": [attributes for _, attributes in rows],
    }
    return Catalog.of(columns | ({"item": items} if items else {}), Path())


@pytest.fixture(scope="module")
def wardrobe() -> Catalog:
    """300 images; hats tend to be red and soft, and the sleeve of a hat is unknown."""
    rng = np.random.default_rng(0)
    rows = []
    for _ in range(300):
        category = str(rng.choice(["hat", "shirt", "shoe"]))
        attributes: dict[str, Any] = {"colour": str(rng.choice(["red", "blue", "green"], p=[0.6, 0.3, 0.1]))}
        if category != "hat":
            attributes["colour"] = str(rng.choice(["red", "blue", "green", "grey"]))
            attributes["sleeve"] = str(rng.choice(["long", "short"]))
        if rng.random() < 0.5:
            attributes["soft"] = bool(rng.random() < (0.8 if category == "hat" else 0.3))
        rows.append((category, attributes))
    return catalog_of(rows)


def test_shares_and_lift_by_a_loop(wardrobe: Catalog) -> None:
    labels = wardrobe.attribute_labels()
    found = category_marks(wardrobe, labels, "hat", min_count=1)
    categories = wardrobe.frame["category"].tolist()
    assert found.num_images == categories.count("hat") and found.images_per_item == 1
    assert {(mark.type, mark.name) for mark in found.marks} == {
        *(("colour", name) for name in ("red", "blue", "green")),
        ("soft", "soft"),
    }
    for mark in found.marks:
        (column,) = [
            place
            for place, pair in enumerate(zip(labels.types, labels.names, strict=True))
            if pair == (mark.type, mark.name)
        ]
        has, known = {True: 0, False: 0}, {True: 0, False: 0}
        for category, value in zip(categories, labels.values[:, column], strict=True):
            has[category == "hat"] += value == 1
            known[category == "hat"] += value != 0
        assert (mark.images, mark.known) == (has[True], known[True])
        assert mark.share == pytest.approx(has[True] / known[True])
        assert mark.others == pytest.approx(has[False] / known[False])
        everywhere = (has[True] + has[False]) / (known[True] + known[False])
        assert mark.lift == pytest.approx(has[True] / known[True] / everywhere)
        assert mark.low < mark.lift < mark.high
    assert [mark.low for mark in found.marks] == sorted((mark.low for mark in found.marks), reverse=True)


def test_the_interval_holds_the_true_lift_nearly_always() -> None:
    """In 150 draws from known shares (0.5 of a category that is a quarter of all, 0.2 of the others)."""
    rng, true, held = np.random.default_rng(1), 0.5 / (0.25 * 0.5 + 0.75 * 0.2), 0
    for _ in range(150):
        rows = [("hat", {"red": bool(one)}) for one in rng.random(50) < 0.5]
        rows += [("shoe", {"red": bool(one)}) for one in rng.random(150) < 0.2]
        catalog = catalog_of(rows)
        (mark,) = category_marks(catalog, catalog.attribute_labels(), "hat", 1).marks
        held += mark.low <= true <= mark.high
    assert 0.91 <= held / 150 <= 0.99


def test_few_images_do_not_win_by_chance() -> None:
    """Half the hats are red, few others are; one hat alone is bright, and nothing else."""
    rows = [("hat", {"colour": "red" if number % 2 else "blue", "bright": number == 0}) for number in range(40)]
    rows += [("shoe", {"colour": "red" if number % 10 == 0 else "blue", "bright": False}) for number in range(400)]
    catalog = catalog_of(rows)
    marks = category_marks(catalog, catalog.attribute_labels(), "hat", 1).marks
    bright = next(mark for mark in marks if mark.name == "bright")
    assert (marks[0].type, marks[0].name) == ("colour", "red") and bright.lift > marks[0].lift
    assert bright.high == pytest.approx(11), "all of an attribute in a category of 1 in 11"
    few = category_marks(catalog, catalog.attribute_labels(), "hat", 2).marks
    assert [mark.name for mark in few] == ["red", "blue"]


def test_images_of_one_item_count_once() -> None:
    rows = [("hat", {"red": True})] * 3 + [("hat", {"red": False})] * 3 + [("shoe", {"red": False})] * 30
    once = catalog_of(rows)
    fourfold = [row for row in rows for _ in range(4)]
    items = [f"item {number // 4}" for number in range(len(fourfold))]
    views = catalog_of(fourfold, items)
    (alone,) = category_marks(once, once.attribute_labels(), "hat", 3).marks
    (viewed,) = category_marks(views, views.attribute_labels(), "hat", 3).marks
    assert (viewed.low, viewed.high) == pytest.approx((alone.low, alone.high)) and viewed.images == 4 * alone.images
    assert not category_marks(views, views.attribute_labels(), "hat", 4).marks, "four images of each item are one"


def test_images_per_item() -> None:
    assert images_per_item(np.array([0, 0, 0, 1, -1, -1])) == (9 + 1 + 1 + 1) / 6
    assert images_per_item(np.array([-1, -1])) == 1


def test_known_of_one_category_only() -> None:
    catalog = catalog_of([("shirt", {"sleeve": "long"})] * 5 + [("hat", {})] * 5)
    found = category_marks(catalog, catalog.attribute_labels(), "shirt", 1)
    assert not found.marks and found.known_here_only == [("sleeve", "long")]


def test_mistakes(wardrobe: Catalog) -> None:
    with pytest.raises(FsimError, match=r"no category 'hta' \(did you mean 'hat'\?\)"):
        category_marks(wardrobe, wardrobe.attribute_labels(), "hta", 1)
    bare = catalog_of([("hat", {}), ("shoe", {})])
    with pytest.raises(FsimError, match="says nothing of attributes; give a source"):
        category_marks(bare, bare.attribute_labels(), "hat", 1)
