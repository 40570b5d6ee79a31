from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from fsim.errors import FsimError
from fsim_plugins.datasets.garments import FEWEST, Garments
from fsim_plugins.garments.categories import CATEGORIES
from fsim_plugins.garments.held_out import is_held_out, splits_with_held_out
from fsim_plugins.garments.palette import COLOURS
from fsim_plugins.garments.wardrobe import draw_item, split_of

ITEMS = 1400


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    """A wardrobe of one view each, without its pictures."""
    items = [draw_item(0, index) for index in range(ITEMS)]
    return pd.DataFrame(
        {
            "split": [split_of(item.index) for item in items],
            "category": [item.category for item in items],
            "attributes": [{"colour": item.attributes["colour"]} for item in items],
        }
    )


def splits(frame: pd.DataFrame, share: float, seed: int = 0) -> list[str]:
    return splits_with_held_out(frame, [row // len(CATEGORIES) for row in range(len(frame))], seed, share)


def combinations(frame: pd.DataFrame, of: list[str], wanted: str) -> set[tuple[str, str]]:
    rows = zip(frame["attributes"], frame["category"], of, strict=True)
    return {(attributes["colour"], category) for attributes, category, split in rows if split == wanted}


@pytest.mark.parametrize("share", [0.1, 0.3])
def test_no_training_picture_shows_a_held_out_combination(frame: pd.DataFrame, share: float) -> None:
    now, before = splits(frame, share), frame["split"].tolist()
    held = {
        (colour, category) for colour in COLOURS for category in CATEGORIES if is_held_out(0, colour, category, share)
    }
    assert len(held) / (len(COLOURS) * len(CATEGORIES)) == pytest.approx(share, abs=0.06)
    assert not combinations(frame, now, "train") & held
    moved = [row for row in range(ITEMS) if now[row] != before[row]]
    assert moved and all(before[row] == "train" for row in moved)
    for attributes, category in frame.iloc[moved][["attributes", "category"]].itertuples(index=False):
        assert (attributes["colour"], category) in held, "no other item is moved"
    to_val = sum(now[row] == "val" for row in moved)
    assert to_val / len(moved) == pytest.approx(0.5, abs=0.1)
    for split in ("val", "test"):
        assert combinations(frame, now, split) & held


def test_nothing_held_out_moves_nothing(frame: pd.DataFrame) -> None:
    assert splits(frame, 0) == frame["split"].tolist()


def test_it_is_a_function_of_the_item_and_the_seed(frame: pd.DataFrame) -> None:
    assert splits(frame[:280], 0.2) == splits(frame, 0.2)[:280]
    assert splits(frame, 0.2, seed=1) != splits(frame, 0.2)
    less, more = splits(frame, 0.1), splits(frame, 0.2)
    assert all(after == before for before, after in zip(less, more, strict=True) if before != "train")


def test_a_category_without_training_pictures_is_told(frame: pd.DataFrame) -> None:
    with pytest.raises(
        FsimError, match=r"held_out 0.9 leaves nothing to train on of .*dress.*lower it, or raise items"
    ):
        splits(frame[:FEWEST], 0.9)


def test_pictures_are_not_drawn_again(cache: Path) -> None:
    whole = Garments(items=FEWEST, views=3, cache_dir=cache).load()
    times = {file: file.stat().st_mtime_ns for file in whole.root.rglob("*")}
    part = Garments(items=FEWEST, views=3, held_out=0.02, captions=2, cache_dir=cache).load()
    assert part.root == whole.root
    assert {file: file.stat().st_mtime_ns for file in whole.root.rglob("*")} == times
    assert (part.frame.groupby("item")["split"].nunique() == 1).all()
    columns = ["image", "category", "item", "box", "attributes"]
    pd.testing.assert_frame_equal(part.frame[columns], whole.frame[columns])
