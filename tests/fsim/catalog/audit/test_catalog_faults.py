from __future__ import annotations

from pathlib import Path

import pandas as pd

from fsim.catalog.audit.catalog_faults import one_split_categories, shared_items, stray_items, tiny_categories
from fsim.interfaces import Catalog


def frame(rows: list[tuple[str, str, str]]) -> pd.DataFrame:
    """Of (split, category, item)."""
    split, category, item = zip(*rows, strict=True)
    names = [f"{number}.jpg" for number in range(len(rows))]
    return Catalog.of({"image": names, "split": split, "category": category, "item": item}, Path()).frame


def test_tiny_categories_the_smallest_first() -> None:
    rows = frame([("train", "hat", "")] * 3 + [("val", "hat", "")] + [("train", "sock", "")] * 2 + [("train", "", "")])
    assert tiny_categories(rows, 5) == [
        {"category": "sock", "images": 2, "splits": {"train": 2}},
        {"category": "hat", "images": 4, "splits": {"train": 3, "val": 1}},
    ]
    assert [one["category"] for one in tiny_categories(rows, 4)] == ["sock"]
    assert tiny_categories(rows, 1) == []


def test_a_category_of_one_split_is_odd_where_most_are_in_several() -> None:
    several = [(split, name, "") for name in ("a", "b") for split in ("train", "val")]
    odd = [("val", "t shirt", ""), ("val", "t shirt", "")]
    assert one_split_categories(frame(several + odd)) == [{"category": "t shirt", "images": 2, "split": "val"}]
    by_category = [("train", "a", ""), ("train", "b", ""), ("val", "c", ""), ("val", "d", "")]
    assert one_split_categories(frame(by_category)) == []
    assert one_split_categories(frame([("train", "a", ""), ("train", "b", "")])) == []


def test_an_item_in_train_and_elsewhere() -> None:
    rows = [("train", "", "1"), ("query", "", "1"), ("query", "", "2"), ("gallery", "", "2"), ("val", "", "")]
    assert shared_items(frame([*rows, ("train", "", "")])) == [
        {"item": "1", "splits": {"train": ["0.jpg"], "query": ["1.jpg"]}}
    ]


def test_queries_without_an_answer() -> None:
    rows = [("query", "", "1"), ("query", "", "1"), ("query", "", "2"), ("gallery", "", "2"), ("gallery", "", "3")]
    assert stray_items(frame(rows)) == [
        {"item": "1", "split": "query", "images": ["0.jpg", "1.jpg"], "cause": "no image of it in gallery"}
    ]
    alone = [
        ("val", "", "1"),
        ("val", "", "2"),
        ("val", "", "2"),
        ("train", "", "3"),
        ("test", "", "2"),
        ("val", "", ""),
    ]
    assert [(one["item"], one["split"], one["cause"]) for one in stray_items(frame(alone))] == [
        ("1", "val", "its only image in val"),
        ("2", "test", "its only image in test"),
    ]
