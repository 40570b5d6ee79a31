"""Garments in the layout of DeepFashion's Consumer-to-shop Clothes Retrieval benchmark."""

from __future__ import annotations

from pathlib import Path

from fsim.errors import FsimError
from fsim.interfaces import Catalog
from fsim_plugins.garments.catalog_folder import read_landmarks
from fsim_plugins.garments.deepfashion import (
    box_columns,
    clothes,
    copy_images,
    write_landmarks_table,
    write_table,
)

FOLDERS = {
    "dress": "DRESSES/Dress",
    "t-shirt": "TOPS/T_Shirt",
    "shirt": "TOPS/Blouse",
    "sweater": "TOPS/Knitwear",
    "hoodie": "TOPS/Hoodie",
    "jacket": "CLOTHING/Jacket",
    "coat": "CLOTHING/Coat",
    "trousers": "TROUSERS/Pants",
    "jeans": "TROUSERS/Jeans",
    "shorts": "TROUSERS/Shorts",
    "skirt": "CLOTHING/Skirt",
}
SHOP, CONSUMER = 1, 2  # source types


def write_deepfashion_consumer2shop(catalog: Catalog, out: Path) -> None:
    """Img/img/TOPS/T_Shirt/id_00000001/{shop,comsumer}_01.jpg (the benchmark's own spelling), Anno/, Eval/.

    The first third of an item's views are the shop's, the others a consumer's; the partition lists every pair of them.
    The attributes of this benchmark, which it names in Chinese, are left out.

    Raises:
        FsimError: an item has one view only.
    """
    frame, landmarks = clothes(catalog), read_landmarks(catalog.root)
    if (frame.groupby("item").size() < 2).any():
        raise FsimError(
            "the Consumer-to-shop layout needs two views of each item, one a shop's; set views to 2 or more"
        )
    shop_views = -(-frame.groupby("item")["item"].transform("size") // 3)
    views = frame.groupby("item").cumcount()
    frame["source"] = [SHOP if view < shop else CONSUMER for view, shop in zip(views, shop_views, strict=True)]
    frame["id"] = [f"id_{number:08d}" for number in frame["number"]]
    frame["place"] = frame.groupby(["item", "source"]).cumcount() + 1
    frame["name"] = [
        f"img/{FOLDERS[category]}/{item}/{'shop' if source == SHOP else 'comsumer'}_{place:02d}.jpg"
        for category, item, source, place in zip(
            frame["category"], frame["id"], frame["source"], frame["place"], strict=True
        )
    ]
    copy_images(catalog, frame["image"], frame["name"], out / "Img")
    anno = out / "Anno"
    rows = [
        (name, kind, source, *box_columns(box))
        for name, kind, source, box in zip(frame["name"], frame["type"], frame["source"], frame["box"], strict=True)
    ]
    write_table(anno / "list_bbox_consumer2shop.txt", "image_name  clothes_type  source_type  x_1  y_1  x_2  y_2", rows)
    write_landmarks_table(anno / "list_landmarks_consumer2shop.txt", frame, landmarks)
    ids = frame["id"].drop_duplicates().tolist()
    (anno / "list_item_consumer2shop.txt").write_text("\n".join([str(len(ids)), *ids]) + "\n", encoding="utf-8")
    shop = frame.loc[frame["source"] == SHOP, ["id", "name"]]
    consumer = frame.loc[frame["source"] == CONSUMER, ["id", "name", "split"]]
    pairs = consumer.merge(shop, on="id", suffixes=("_consumer", "_shop"))
    rows = list(zip(pairs["name_consumer"], pairs["name_shop"], pairs["id"], pairs["split"], strict=True))
    header = "image_pair_name_1  image_pair_name_2  item_id  evaluation_status"
    write_table(out / "Eval" / "list_eval_partition.txt", header, rows, [max(map(len, pairs["name_shop"])) + 2])
