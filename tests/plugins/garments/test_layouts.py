"""The layouts are read back by other means than ours: by hand, as the benchmarks' README files describe them."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path

import pandas as pd
import pytest

from fsim.errors import FsimError
from fsim.functional.text.captions import captions_of
from fsim.interfaces import Catalog
from fsim_plugins.datasets.csv import Csv
from fsim_plugins.datasets.folder import Folder
from fsim_plugins.datasets.garments import FEWEST, Garments
from fsim_plugins.garments.layouts import write_layout

VIEWS = 3
ACCESSORIES = {"hat", "shoe", "bag"}
TYPES = {"1": 6, "2": 4, "3": 8}  # clothes type -> number of landmarks


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    return Garments(items=FEWEST, views=VIEWS, cache_dir=tmp_path_factory.mktemp("wardrobe")).load()


@pytest.fixture(scope="module")
def clothes(catalog: Catalog) -> pd.DataFrame:
    return catalog.frame[~catalog.frame["category"].isin(ACCESSORIES)]


def table(file: Path) -> tuple[list[str], list[list[str]]]:
    """Column names and rows: the first line counts the rows, white space parts the columns."""
    count, header, *lines = file.read_text(encoding="utf-8").splitlines()
    assert int(count) == len(lines)
    return header.split(), [line.split() for line in lines]


def check_boxes_and_landmarks(boxes: list[list[str]], landmarks: list[list[str]]) -> None:
    """Rows of name, clothes type, one more column, and what follows."""
    for name, kind, _, *edges in boxes:
        left, top, right, bottom = (int(edge) for edge in edges)
        assert 0 <= left < right <= 128 and 0 <= top < bottom <= 128, name
        assert all(len(edge) == 3 for edge in edges)
        assert kind in TYPES
    for name, kind, variation, *marks in landmarks:
        assert len(marks) == 3 * TYPES[kind], name
        assert variation in ("1", "4", "5")
        for seen, x, y in zip(marks[::3], marks[1::3], marks[2::3], strict=True):
            assert seen in ("0", "1", "2")
            assert (x, y) == ("000", "000") if seen == "2" else int(x) < 128 and int(y) < 128


def test_folder(catalog: Catalog, tmp_path: Path) -> None:
    write_layout(catalog, tmp_path, "folder")
    frame = Folder(tmp_path).load().frame
    columns = ["split", "category"]
    assert Counter(frame[columns].itertuples(index=False)) == Counter(catalog.frame[columns].itertuples(index=False))


def test_csv(catalog: Catalog, tmp_path: Path) -> None:
    write_layout(catalog, tmp_path / "new" / "deep", "csv")
    read = Csv(tmp_path / "new" / "deep" / "metadata.csv").load()
    pd.testing.assert_frame_equal(read.frame, catalog.frame)
    for image in read.frame["image"]:
        assert (read.root / image).read_bytes() == (catalog.root / image).read_bytes()


def test_deepfashion_category(catalog: Catalog, clothes: pd.DataFrame, tmp_path: Path) -> None:
    write_layout(catalog, tmp_path, "deepfashion_category")
    header, rows = table(tmp_path / "Eval" / "list_eval_partition.txt")
    assert header == ["image_name", "evaluation_status"]
    names = [name for name, _ in rows]
    assert [split for _, split in rows] == clothes["split"].tolist()
    for name, image in zip(names, clothes["image"], strict=True):
        assert re.fullmatch(r"img/[\w-]+/img_\d{8}\.jpg", name)
        assert (tmp_path / "Img" / name).read_bytes() == (catalog.root / image).read_bytes()

    anno = tmp_path / "Anno"
    header, categories = table(anno / "list_category_cloth.txt")
    assert header == ["category_name", "category_type"]
    header, rows = table(anno / "list_category_img.txt")
    assert [categories[int(label) - 1][0].lower() for _, label in rows] == clothes["category"].tolist()

    attributes = (anno / "list_attr_cloth.txt").read_text(encoding="utf-8").splitlines()
    assert attributes[1].split() == ["attribute_name", "attribute_type"]
    known = [re.fullmatch(r"(.*\S)\s+([1-5])\s*", line).group(1) for line in attributes[2:]]  # names have blanks
    assert len(known) == int(attributes[0]) == len(set(known))
    header, rows = table(anno / "list_attr_img.txt")
    for (name, *labels), given in zip(rows, clothes["attributes"], strict=True):
        assert len(labels) == len(known), name
        assert set(labels) == {"1", "-1", "0"}
        has = {attribute for attribute, label in zip(known, labels, strict=True) if label == "1"}
        assert {given["pattern"], given["material"]} <= has
        assert ("long sleeve" in has) == (given.get("sleeve") == "long")
        assert ("v-neck" in has) == (given.get("neckline") == "v-neck")

    header, boxes = table(anno / "list_bbox.txt")
    assert header == ["image_name", "x_1", "y_1", "x_2", "y_2"]
    assert [tuple(int(edge) for edge in edges) for _, *edges in boxes] == clothes["box"].tolist()
    header, landmarks = table(anno / "list_landmarks.txt")
    assert header[:6] == [
        *("image_name", "clothes_type", "variation_type", "landmark_visibility_1"),
        *("landmark_location_x_1", "landmark_location_y_1"),
    ]
    assert len(header) == 3 + 8 * 3
    check_boxes_and_landmarks([], landmarks)
    kinds = dict(categories)
    for (_, kind, *_), category in zip(landmarks, clothes["category"], strict=True):
        assert kinds[category.title()] == kind


def test_deepfashion_inshop(catalog: Catalog, clothes: pd.DataFrame, tmp_path: Path) -> None:
    write_layout(catalog, tmp_path, "deepfashion_inshop")
    header, rows = table(tmp_path / "Eval" / "list_eval_partition.txt")
    assert header == ["image_name", "item_id", "evaluation_status"]
    items_of = {
        status: {item for _, item, given in rows if given == status} for status in ("train", "query", "gallery")
    }
    assert items_of["query"] == items_of["gallery"]
    assert not items_of["train"] & items_of["query"]
    assert len(items_of["train"] | items_of["query"]) == clothes["item"].nunique()
    for (name, item, status), split, image in zip(rows, clothes["split"], clothes["image"], strict=True):
        assert re.fullmatch(rf"img/WOMEN/\w+/{item}/\d\d_\d_\w+\.jpg", name)
        assert (status == "train") == (split == "train")
        assert (tmp_path / "Img" / name).read_bytes() == (catalog.root / image).read_bytes()
    assert len({name for name, _, _ in rows}) == len(rows)

    anno = tmp_path / "Anno"
    count, *ids = (anno / "list_item_inshop.txt").read_text(encoding="utf-8").split()  # no header
    assert len(ids) == int(count) == clothes["item"].nunique()
    told = json.loads((anno / "list_description_inshop.json").read_text(encoding="utf-8"))
    assert [entry["item"] for entry in told] == ids
    captions = [captions_of(several)[0] for several in clothes.drop_duplicates("item")["caption"]]
    assert [entry["description"][0].lower() for entry in told] == [f"{caption.lower()}." for caption in captions]
    colours = (anno / "attributes" / "list_color_cloth.txt").read_text(encoding="utf-8").splitlines()
    assert [re.split(r"\s{2,}", line.strip())[1].lower() for line in colours[2:]] == [
        attributes["colour"] for attributes in clothes["attributes"]
    ]
    known = (anno / "attributes" / "list_attr_cloth.txt").read_text(encoding="utf-8").splitlines()
    _, labels = table(anno / "attributes" / "list_attr_items.txt")
    assert [row[0] for row in labels] == ids
    assert {len(row) - 1 for row in labels} == {int(known[0])} == {len(known) - 2}
    header, boxes = table(anno / "list_bbox_inshop.txt")
    assert header == ["image_name", "clothes_type", "pose_type", "x_1", "y_1", "x_2", "y_2"]
    _, landmarks = table(anno / "list_landmarks_inshop.txt")
    check_boxes_and_landmarks(boxes, landmarks)


def test_deepfashion_consumer2shop(catalog: Catalog, clothes: pd.DataFrame, tmp_path: Path) -> None:
    write_layout(catalog, tmp_path, "deepfashion_consumer2shop")
    header, rows = table(tmp_path / "Eval" / "list_eval_partition.txt")
    assert header == ["image_pair_name_1", "image_pair_name_2", "item_id", "evaluation_status"]
    assert len(rows) == clothes["item"].nunique() * 2 * 1  # of three views the first is the shop's
    for consumer, shop, item, status in rows:
        assert re.fullmatch(rf"img/\w+/\w+/{item}/comsumer_\d\d\.jpg", consumer)
        assert re.fullmatch(rf"img/\w+/\w+/{item}/shop_\d\d\.jpg", shop)
        assert status in ("train", "val", "test")
        assert (tmp_path / "Img" / consumer).is_file()
        assert (tmp_path / "Img" / shop).is_file()
    assert {status for *_, status in rows} == {"train", "val", "test"}
    header, boxes = table(tmp_path / "Anno" / "list_bbox_consumer2shop.txt")
    assert header == ["image_name", "clothes_type", "source_type", "x_1", "y_1", "x_2", "y_2"]
    assert all((source == "1") == ("/shop_" in name) for name, _, source, *_ in boxes)
    _, landmarks = table(tmp_path / "Anno" / "list_landmarks_consumer2shop.txt")
    check_boxes_and_landmarks(boxes, landmarks)
    count, *ids = (tmp_path / "Anno" / "list_item_consumer2shop.txt").read_text(encoding="utf-8").split()
    assert len(ids) == int(count) == clothes["item"].nunique()


def test_landmarks_lie_on_the_garment(catalog: Catalog) -> None:
    landmarks = json.loads((catalog.root / "landmarks.json").read_text(encoding="utf-8"))
    boxes = dict(zip(catalog.frame["image"], catalog.frame["box"], strict=True))
    for image, marks in landmarks.items():
        left, top, right, bottom = boxes[image]
        for name, (x, y, seen) in marks.items():
            if seen == 0:
                assert left - 4 <= x <= right + 4 and top - 4 <= y <= bottom + 4, (image, name)


def test_refusals(catalog: Catalog, tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "a").touch()
    with pytest.raises(FsimError, match="not an empty folder"):
        write_layout(catalog, tmp_path / "full", "csv")
    with pytest.raises(FsimError, match="not an empty folder"):
        write_layout(catalog, tmp_path / "full" / "a", "folder")
    with pytest.raises(FsimError, match="did you mean 'folder'"):
        write_layout(catalog, tmp_path / "new", "folders")  # type: ignore[arg-type]
    single = Catalog(catalog.frame.drop_duplicates("item").reset_index(drop=True), catalog.root)
    for layout in ("deepfashion_inshop", "deepfashion_consumer2shop"):
        with pytest.raises(FsimError, match="views"):
            write_layout(single, tmp_path / layout, layout)
    elsewhere = Catalog(catalog.frame, tmp_path)
    with pytest.raises(FsimError, match="landmarks"):
        write_layout(elsewhere, tmp_path / "other", "deepfashion_category")
