"""Consumer-to-shop Clothes Retrieval: rows in the official format, with its traps."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest
from PIL import Image

from fsim.errors import FsimError
from fsim_plugins.datasets.deepfashion_consumer2shop import DeepFashionConsumer2shop
from fsim_plugins.datasets.garments import FEWEST, Garments
from fsim_plugins.garments.deepfashion import CLOTHES_TYPES
from fsim_plugins.garments.deepfashion_consumer2shop import FOLDERS
from fsim_plugins.garments.layouts import write_layout

A, B, C = (
    f"img/{folder}/id_0000000{number}"
    for number, folder in enumerate(("DRESSES/Dress", "TOPS/T_Shirt", "TOPS/T_Shirt"))
)
PAIRS = [
    (f"{A}/comsumer_01.jpg", f"{A}/shop_01.jpg", "id_00000000", "train"),
    (f"{A}/comsumer_01.jpg", f"{A}/shop_02.jpg", "id_00000000", "train"),
    (f"{B}/comsumer_01.jpg", f"{B}/shop_01.jpg", "id_00000001", "val"),
    (f"{B}/comsumer_02.jpg", f"{B}/shop_01.jpg", "id_00000001", "val"),
    (f"{C}/comsumer_01.jpg", f"{C}/shop_01.jpg", "id_00000002", "test"),
    (f"{C}/comsumer_01.jpg", f"{C}/shop_02.jpg", "id_00000002", "test"),
]
IMAGES = list(dict.fromkeys(image for pair in PAIRS for image in pair[:2]))
HEADER = "image_pair_name_1 image_pair_name_2 item_id evaluation_status"


def write_pairs(root: Path, pairs: list[tuple[str, str, str, str]]) -> None:
    lines = ["    ".join(pair) + "  " for pair in pairs]
    (root / "Eval/list_eval_partition.txt").write_text("\n".join([str(len(pairs)), HEADER, *lines]))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for folder in ("Eval", "Anno"):
        (tmp_path / folder).mkdir()
    write_pairs(tmp_path, PAIRS)
    boxes = [f"{image}   1 2 010 020 030 {40 + number:03d}" for number, image in enumerate(IMAGES)]
    header = "image_name  clothes_type  source_type  x_1  y_1  x_2  y_2"
    (tmp_path / "Anno/list_bbox_consumer2shop.txt").write_text("\n".join([str(len(boxes)), header, *boxes]))
    for image in IMAGES:
        (tmp_path / "Img" / image).parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (60, 60)).save(tmp_path / "Img" / image)
    return tmp_path


def test_the_gallery_has_every_shop_picture_of_val_and_test_once(root: Path) -> None:
    frame = DeepFashionConsumer2shop(root).load().frame
    assert frame["image"].is_unique and set(frame["image"]) == set(IMAGES)
    by_split = frame.groupby("split")["image"].apply(set).to_dict()
    assert by_split["gallery"] == {f"{B}/shop_01.jpg", f"{C}/shop_01.jpg", f"{C}/shop_02.jpg"}
    assert by_split["val"] == {f"{B}/comsumer_01.jpg", f"{B}/comsumer_02.jpg"}
    assert by_split["query"] == {f"{C}/comsumer_01.jpg"}
    assert by_split["train"] == {f"{A}/comsumer_01.jpg", f"{A}/shop_01.jpg", f"{A}/shop_02.jpg"}
    rows = frame.set_index("image")
    assert rows.loc[f"{B}/shop_01.jpg", "item"] == "id_00000001"
    assert rows.loc[f"{B}/shop_01.jpg", "category"] == "T_Shirt"
    assert rows.loc[f"{B}/shop_01.jpg", "attributes"] == {"source": "shop"}
    assert rows.loc[f"{B}/comsumer_01.jpg", "attributes"] == {"source": "consumer"}
    assert DeepFashionConsumer2shop(root).load().attribute_labels().names == []
    assert rows.loc[IMAGES[1], "box"] == (10, 20, 30, 41)


def test_the_items_attributes(root: Path) -> None:
    (root / "Anno/list_attr_cloth.txt").write_text(
        "2\nattribute_name attribute_type\n圆领  4\nlong sleeve  4\n", encoding="utf-8"
    )
    rows = "id_00000000 1 -1\nid_00000001   0 1\nid_00000002 -1 -1\n"
    (root / "Anno/list_attr_items.txt").write_text(f"3\nitem_id  attribute_labels\n{rows}")
    catalog = DeepFashionConsumer2shop(root).load()
    assert catalog.frame["attributes"].tolist()[0] == {"source": "consumer", "part": ["圆领"]}
    labels = catalog.attribute_labels()
    assert labels.names == ["圆领", "long sleeve"], "the source is not learned"
    assert labels.values.tolist()[:4] == [[1, -1], [1, -1], [1, -1], [0, 1]]


def test_a_picture_in_two_splits_is_held_out(root: Path, caplog: pytest.LogCaptureFixture) -> None:
    write_pairs(root, [*PAIRS, (f"{C}/comsumer_01.jpg", f"{C}/shop_01.jpg", "id_00000002", "train")])
    with caplog.at_level(logging.WARNING):
        frame = DeepFashionConsumer2shop(root).load().frame.set_index("image")
    assert frame.loc[f"{C}/comsumer_01.jpg", "split"] == "query"
    assert frame.loc[f"{C}/shop_01.jpg", "split"] == "gallery"
    assert "puts 2 pictures into two splits" in caplog.text


def test_a_picture_under_two_items_is_told(root: Path, caplog: pytest.LogCaptureFixture) -> None:
    write_pairs(root, [*PAIRS, (f"{B}/comsumer_02.jpg", f"{C}/shop_01.jpg", "id_00000002", "val")])
    frame = DeepFashionConsumer2shop(root).load().frame.set_index("image")
    assert frame.loc[f"{B}/comsumer_02.jpg", "item"] == "id_00000001"
    assert f"under two items; the first of each counts (first: {B}/comsumer_02.jpg, id_00000001 and" in caplog.text
    assert "puts 1 pictures" in caplog.text


def test_mistakes_are_told(root: Path) -> None:
    write_pairs(root, [(*PAIRS[0][:3], "training")])
    with pytest.raises(FsimError, match=r"'training' .*none of train, val, test"):
        DeepFashionConsumer2shop(root).load()
    (root / "Anno/list_bbox_consumer2shop.txt").unlink()
    write_pairs(root, PAIRS)
    with pytest.raises(FsimError, match=r"list_bbox_consumer2shop.txt.*Anno"):
        DeepFashionConsumer2shop(root).load()


def test_garments_there_and_back(tmp_path: Path, cache: Path) -> None:
    garments = Garments(items=FEWEST, views=3, cache_dir=cache).load()
    write_layout(garments, tmp_path, "deepfashion_consumer2shop")
    catalog = DeepFashionConsumer2shop(tmp_path).load()
    clothes = garments.frame[garments.frame["category"].isin(CLOTHES_TYPES)]
    pictures = {(garments.root / row.image).read_bytes(): row for row in clothes.itertuples()}
    assert len(catalog.frame) == len(clothes)
    items = set()
    for row in catalog.frame.itertuples():
        known = pictures[(catalog.root / row.image).read_bytes()]
        assert row.category == FOLDERS[known.category].split("/")[1] and row.box == known.box
        shop = row.attributes["source"] == "shop"
        held_out = "gallery" if shop else {"val": "val", "test": "query"}.get(known.split)
        assert row.split == ("train" if known.split == "train" else held_out)
        items.add((row.item, known.item))
    assert len(items) == clothes["item"].nunique() == catalog.frame["item"].nunique()
