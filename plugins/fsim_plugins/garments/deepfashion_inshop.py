"""Garments in the layout of DeepFashion's In-shop Clothes Retrieval benchmark."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd

from fsim.errors import FsimError
from fsim.functional.text.captions import captions_of
from fsim.interfaces import Catalog
from fsim_plugins.garments.catalog_folder import read_landmarks
from fsim_plugins.garments.deepfashion import (
    attribute_labels,
    attribute_types,
    box_columns,
    clothes,
    copy_images,
    write_landmarks_table,
    write_table,
)

FOLDERS = {
    "dress": "Dresses",
    "t-shirt": "Tees_Tanks",
    "shirt": "Blouses_Shirts",
    "sweater": "Sweaters",
    "hoodie": "Sweatshirts_Hoodies",
    "jacket": "Jackets_Coats",
    "coat": "Jackets_Coats",
    "trousers": "Pants",
    "jeans": "Denim",
    "shorts": "Shorts",
    "skirt": "Skirts",
}
# The benchmark's view names with their numbers, and its pose types; our views, all frontal, get them in turn.
VIEWS = (("1_front", 1), ("2_side", 2), ("3_back", 3), ("4_full", 4), ("6_flat", 6), ("7_additional", 5))


def write_deepfashion_inshop(catalog: Catalog, out: Path) -> None:
    """Img/img/WOMEN/<category>/id_00000001/01_1_front.jpg, Anno/ and Eval/list_eval_partition.txt.

    Items of `train` train; those of `val` and `test` are held out, their views in turn query and gallery. An item has
    one colour, so its first colour series is enough, but for more than six views.

    Raises:
        FsimError: an item has one view only, which can't be query and gallery.
    """
    frame, landmarks = clothes(catalog), read_landmarks(catalog.root)
    views = frame.groupby("item").cumcount().tolist()
    if (frame.groupby("item").size() < 2).any():
        raise FsimError(
            "the In-shop layout needs two views of each item, a query and its answer; set views to 2 or more"
        )
    ids = [f"id_{number:08d}" for number in frame["number"]]
    frame["name"] = names = [
        f"img/WOMEN/{FOLDERS[category]}/{item}/{view // 6 + 1:02d}_{VIEWS[view % 6][0]}.jpg"
        for category, item, view in zip(frame["category"], ids, views, strict=True)
    ]
    copy_images(catalog, frame["image"], names, out / "Img")
    anno = out / "Anno"
    poses = [VIEWS[view % 6][1] for view in views]
    rows = [
        (name, kind, pose, *box_columns(box))
        for name, kind, pose, box in zip(names, frame["type"], poses, frame["box"], strict=True)
    ]
    write_table(anno / "list_bbox_inshop.txt", "image_name  clothes_type  pose_type  x_1  y_1  x_2  y_2", rows)
    write_landmarks_table(anno / "list_landmarks_inshop.txt", frame, landmarks)
    statuses = [
        "train" if split == "train" else ("query", "gallery")[view % 2]
        for split, view in zip(frame["split"], views, strict=True)
    ]
    rows = list(zip(names, ids, statuses, strict=True))
    write_table(out / "Eval" / "list_eval_partition.txt", "image_name  item_id  evaluation_status", rows)
    colours = [attributes["colour"].title() for attributes in frame["attributes"]]
    rows = list(zip(names, colours, strict=True))
    write_table(anno / "attributes" / "list_color_cloth.txt", "image_name  color", rows)
    _write_items(frame.assign(id=ids, color=colours).drop_duplicates("item"), anno)


def _write_items(items: pd.DataFrame, anno: Path) -> None:
    """What is said of items and not of images."""
    ids = items["id"].tolist()
    (anno / "list_item_inshop.txt").write_text("\n".join([str(len(ids)), *ids]) + "\n", encoding="utf-8")
    descriptions = [
        {"item": item, "color": color, "description": [f"{text[0].upper()}{text[1:]}."]}
        for item, color, (text, *_) in zip(ids, items["color"], map(captions_of, items["caption"]), strict=True)
    ]
    text = json.dumps(descriptions, ensure_ascii=False)
    (anno / "list_description_inshop.json").write_text(text, encoding="utf-8")
    names = list(attribute_types())
    lines = [str(len(names)), "attribute_name", *names]
    (anno / "attributes" / "list_attr_cloth.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    labels = [attribute_labels(*row) for row in zip(items["category"], items["attributes"], strict=True)]
    rows = [(item, *row) for item, row in zip(ids, labels, strict=True)]
    write_table(anno / "attributes" / "list_attr_items.txt", "item_id  attribute_labels", rows, [2] * len(names))
