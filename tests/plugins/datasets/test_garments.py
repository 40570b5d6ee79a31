from __future__ import annotations

import io
import json
import multiprocessing
import os
import signal
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from fsim.errors import FsimError
from fsim.interfaces import CATALOG_COLUMNS, Catalog
from fsim_plugins.datasets.csv import Csv
from fsim_plugins.datasets.garments import FEWEST, Garments
from fsim_plugins.garments.categories import CATEGORIES
from fsim_plugins.made_once import made_once

VIEWS = 2


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("wardrobe")


@pytest.fixture(scope="module")
def catalog(folder: Path) -> Catalog:
    return Garments(items=FEWEST, views=VIEWS, cache_dir=folder).load()


def contents(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def test_one_row_a_view_and_pictures_that_open(catalog: Catalog) -> None:
    frame = catalog.frame
    assert tuple(frame.columns) == CATALOG_COLUMNS
    assert len(frame) == FEWEST * VIEWS
    assert frame["image"].is_unique
    assert (frame.groupby("item").size() == VIEWS).all()
    for image, box in zip(frame["image"], frame["box"], strict=True):
        with Image.open(catalog.root / image) as picture:
            assert (picture.format, picture.mode, picture.size) == ("JPEG", "RGB", (128, 128))
        left, top, right, bottom = box
        assert 0 <= left < right <= 128
        assert 0 <= top < bottom <= 128
        assert (right - left) * (bottom - top) > 600  # something is to be seen


def test_splits_are_by_item_and_each_has_every_category(catalog: Catalog) -> None:
    frame = catalog.frame
    for name in ("split", "category"):
        assert (frame.groupby("item")[name].nunique() == 1).all()
    assert len(CATEGORIES) >= 10
    for split in ("train", "val", "test"):
        assert set(frame.loc[frame["split"] == split, "category"]) == set(CATEGORIES)


def test_the_default_splits_three_to_one_to_one() -> None:
    from fsim_plugins.garments.wardrobe import split_of

    splits = pd.Series([split_of(index) for index in range(400)]).value_counts(normalize=True)
    assert splits["train"] == pytest.approx(0.6, abs=0.05)
    assert splits["val"] == splits["test"] == pytest.approx(0.2, abs=0.05)


def test_the_same_parameters_give_the_same_bytes(catalog: Catalog, tmp_path: Path) -> None:
    again = Garments(items=FEWEST, views=VIEWS, cache_dir=tmp_path).load()
    assert contents(again.root) == contents(catalog.root)


def test_other_items_and_views_change_nothing_that_was_there(catalog: Catalog, tmp_path: Path) -> None:
    from fsim_plugins.garments.making import make_wardrobe

    make_wardrobe(tmp_path, items=FEWEST + 1, views=1, seed=0)
    before, now = contents(catalog.root), contents(tmp_path)
    shared = {name for name in now if name.startswith("images/")} & set(before)
    assert len(shared) == FEWEST
    assert all(before[name] == now[name] for name in shared)


def test_another_seed_is_another_wardrobe(catalog: Catalog, tmp_path: Path) -> None:
    other = Garments(items=FEWEST, views=1, seed=1, cache_dir=tmp_path).load()
    name = catalog.frame["image"][0]
    assert (other.root / name).read_bytes() != (catalog.root / name).read_bytes()
    assert other.root.name != catalog.root.name


def test_views_differ_and_items_differ(catalog: Catalog) -> None:
    pictures = [np.asarray(Image.open(catalog.root / image), dtype=float) for image in catalog.frame["image"]]
    for one, next_one in pairwise(pictures):
        assert np.abs(one - next_one).mean() > 5


def test_captions_say_what_the_attributes_say(catalog: Catalog) -> None:
    first = catalog.frame.assign(caption=[caption for caption, *_ in catalog.captions()])
    for category, attributes, caption in first[["category", "attributes", "caption"]].itertuples(index=False):
        words = caption.split()
        assert words[0] in ("a", "an")
        assert (words[0] == "an") == (words[1][0] in "aeiouA")
        assert attributes.get("style", category) in caption
        for name, value in attributes.items():
            said = value in caption
            if name == "pattern" and value == "plain":
                assert "second_colour" not in attributes or f"{attributes['second_colour']} trim" in caption
            elif name == "trim":
                assert "trim" in words[-1]
            elif name == "material" and category == "jeans":
                assert not said
            else:
                assert said, (name, value, caption)
        assert ("colour" in attributes) and ("pattern" in attributes) and ("material" in attributes)


def test_each_picture_has_several_captions_of_its_own(catalog: Catalog) -> None:
    captions = pd.Series(catalog.captions())
    assert (captions.map(len) == 4).all()
    first, others = captions.str[0], captions.str[1:].map(tuple)
    assert (first.groupby(catalog.frame["item"]).nunique() == 1).all()
    assert (others.groupby(catalog.frame["item"]).nunique() == VIEWS).all()


def test_the_csv_dataset_reads_the_folder(catalog: Catalog, folder: Path) -> None:
    read = Csv(catalog.root / "metadata.csv").load()
    pd.testing.assert_frame_equal(
        read.frame, Garments(items=FEWEST, views=VIEWS, captions=1, cache_dir=folder).load().frame
    )


def test_a_second_load_draws_nothing(catalog: Catalog, folder: Path) -> None:
    times = {file: file.stat().st_mtime_ns for file in catalog.root.rglob("*")}
    again = Garments(items=FEWEST, views=VIEWS, cache_dir=folder).load()
    pd.testing.assert_frame_equal(again.frame, catalog.frame)
    assert {file: file.stat().st_mtime_ns for file in catalog.root.rglob("*")} == times


def test_a_cached_load_does_not_import_the_drawing_library(catalog: Catalog, folder: Path) -> None:
    code = f"""
import sys
from pathlib import Path
from fsim_plugins.datasets.garments import Garments
Garments(items={FEWEST}, views={VIEWS}, cache_dir=Path({str(folder)!r})).load()
assert "resvg_py" not in sys.modules
"""
    subprocess.run(
        [sys.executable, "-c", code], check=True, env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    )


def test_a_killed_build_leaves_nothing_that_is_taken_for_a_finished_one(tmp_path: Path) -> None:
    code = f"""
import os, signal
from pathlib import Path
from fsim_plugins.garments import making
from fsim_plugins.datasets.garments import Garments
whole = making.write_metadata
def killed(*arguments):
    whole(*arguments)
    os.kill(os.getpid(), signal.SIGKILL)
making.write_metadata = killed  # all is written, and nothing renamed
Garments(items={FEWEST}, views=1, cache_dir=Path({str(tmp_path)!r})).load()
"""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    ended = subprocess.run([sys.executable, "-c", code], env=environment, check=False)
    assert ended.returncode == -signal.SIGKILL
    left_behind = [entry.name for entry in (tmp_path / "garments").iterdir() if entry.is_dir()]
    assert left_behind
    assert all(name.startswith(".") for name in left_behind)
    catalog = Garments(items=FEWEST, views=1, cache_dir=tmp_path).load()
    assert all((catalog.root / image).is_file() for image in catalog.frame["image"])
    assert [entry for entry in (tmp_path / "garments").iterdir() if entry.is_dir()] == [catalog.root]


def _load(folder: Path) -> int:
    return len(Garments(items=FEWEST, views=1, cache_dir=folder).load().frame)


def test_two_processes_at_once_both_end_well(tmp_path: Path) -> None:
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        assert pool.map(_load, [tmp_path, tmp_path]) == [FEWEST, FEWEST]


def test_a_failed_build_is_cleared_away(tmp_path: Path) -> None:
    def fails(folder: Path) -> None:
        (folder / "half").touch()
        raise OSError(28, "No space left on device")

    with pytest.raises(FsimError, match=r"No space left on device; free space there"):
        made_once(tmp_path / "sub" / "made", "last", fails)
    assert [entry.name for entry in (tmp_path / "sub").iterdir() if entry.is_dir()] == []


def test_a_folder_that_was_taken_apart_is_made_anew(tmp_path: Path) -> None:
    (tmp_path / "made").mkdir()
    (tmp_path / "made" / "rest").touch()
    made = made_once(tmp_path / "made", "last", lambda folder: (folder / "last").touch())
    assert [file.name for file in made.iterdir()] == ["last"]


def test_every_style_can_be_drawn_in_every_pattern() -> None:
    """Every value of every attribute that changes what is drawn, on an item whose own draw may never have it."""
    from dataclasses import replace

    from fsim_plugins.garments.fabric import make_fabric
    from fsim_plugins.garments.patterns import PATTERN_TILES
    from fsim_plugins.garments.picture import take_picture
    from fsim_plugins.garments.view import draw_view
    from fsim_plugins.garments.wardrobe import draw_item

    patterns = list(PATTERN_TILES)
    for index, (category, choices) in enumerate(CATEGORIES.items()):
        base = draw_item(3, index)
        assert base.category == category
        for turn in range(max(len(values) for values in choices.values())):
            drawn = {name: values[turn % len(values)] for name, values in choices.items()}
            drawn["pattern"] = patterns[(index * 5 + turn) % len(patterns)]
            drawn["trim"] = ("matching", "contrasting")[turn % 2]
            item = replace(base, attributes={**base.attributes, **drawn})
            picture = take_picture(item, make_fabric(item), draw_view(item, turn))
            assert picture.pixels.std() > 5


def test_a_picture_shows_the_item_in_its_colours() -> None:
    """Seen without light and lens, the plain cloth of a plain item has its colour within the box."""
    from dataclasses import replace

    from fsim_plugins.garments.fabric import make_fabric
    from fsim_plugins.garments.picture import take_picture
    from fsim_plugins.garments.view import draw_view
    from fsim_plugins.garments.wardrobe import draw_item

    item = draw_item(0, 1)
    plain = {**item.attributes, "pattern": "plain", "detail": "none", "material": "cotton"}
    red = replace(item, attributes=plain, colour=(220, 20, 20))
    green = replace(item, attributes=plain, colour=(20, 220, 20))
    view = draw_view(item, 0)
    means = []
    for dyed in (red, green):
        picture = take_picture(dyed, make_fabric(dyed), view)
        left, top, right, bottom = picture.box
        means.append(picture.pixels[top:bottom, left:right].reshape(-1, 3).mean(axis=0))
    assert means[0][0] > means[0][1] + 30
    assert means[1][1] > means[1][0] + 30


def test_metadata_is_plain_to_read(catalog: Catalog) -> None:
    table = pd.read_csv(io.StringIO((catalog.root / "metadata.csv").read_text(encoding="utf-8")))
    assert tuple(table.columns) == CATALOG_COLUMNS
    assert [len(box.split()) for box in table["box"]] == [4] * len(table)
    assert all(isinstance(json.loads(attributes), dict) for attributes in table["attributes"])
